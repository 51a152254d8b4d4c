package store

import (
	"encoding/json"
	"fmt"
)

// Kind describes the items of one sort: their name in the envelope, the version
// of their shape, and how older shapes become the present one. Fields of a body
// are never reused for something else; a release reads what the one before wrote.
type Kind[T any] struct {
	Name   string
	Schema int
	// Up turns a body of schema n into one of n+1.
	Up map[int]func(json.RawMessage) (json.RawMessage, error)
}

// Put writes v at k if c holds. It panics if v cannot be encoded, which is a
// mistake in the program: bodies are plain structs.
func (k Kind[T]) Put(key Key, v T, c Cond) Op {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("store: %s: %v", k.Name, err))
	}
	return Op{Verb: VerbPut, Key: key, If: c, Kind: k.Name, Schema: k.Schema, Body: b}
}

// Of decodes an item. The zero T stands for one that does not exist, and for one
// that Add made, which has no body.
func (k Kind[T]) Of(i Item) (v T, err error) {
	if !i.Exists() {
		return v, nil
	}
	if i.Kind != k.Name || i.Schema > k.Schema {
		return v, fmt.Errorf("store: %q is a %s/%d, not a %s/%d", i.Key, i.Kind, i.Schema, k.Name, k.Schema)
	}
	if len(i.Body) == 0 {
		return v, nil
	}
	body := json.RawMessage(i.Body)
	for n := i.Schema; n < k.Schema; n++ {
		up := k.Up[n]
		if up == nil {
			return v, fmt.Errorf("store: %q: nothing reads %s/%d any more", i.Key, k.Name, n)
		}
		if body, err = up(body); err != nil {
			return v, fmt.Errorf("store: %q from schema %d: %w", i.Key, n, err)
		}
	}
	if err = json.Unmarshal(body, &v); err != nil {
		return v, fmt.Errorf("store: %q: %w", i.Key, err)
	}
	return v, nil
}
