package linear

import (
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strings"

	"github.com/anishathalye/porcupine"
)

// spec is what a call makes of a state, and the word that it must be answered with.
// It reads of the reply only what the product chooses by itself.
type spec[S comparable] func(s S, c call, r reply) (next S, want string)

var hashes = maphash.MakeSeed()

// parted is the state of one part; the first call of the part says which that is.
type parted[S comparable] struct {
	begun bool
	state S
}

// modelOf is the model of a specification, whose states begin with first.
//
// What is of unknown outcome always does its work, but at any moment until the end of
// the history: to have done nothing is to do it after everybody has heard their answer.
func modelOf[S comparable](first func(part string) S, do spec[S]) porcupine.Model {
	return porcupine.Model{
		Partition: partition,
		Init:      func() any { return parted[S]{} },
		Step: func(state, input, output any) (bool, any) {
			p, c, r := state.(parted[S]), input.(call), output.(reply)
			if !p.begun {
				p = parted[S]{true, first(c.part)}
			}
			next, want := do(p.state, c, r)
			return r.word == unknown || r.word == want, parted[S]{true, next}
		},
		Hash:              func(state any) uint64 { return maphash.Comparable(hashes, state.(parted[S])) },
		DescribeOperation: func(input, output any) string { return describe(input.(call), output.(reply)) },
		DescribeState:     func(state any) string { return fmt.Sprintf("%+v", state.(parted[S]).state) },
	}
}

// partition takes the parts of a history apart.
func partition(all []porcupine.Operation) [][]porcupine.Operation {
	parts := map[string][]porcupine.Operation{}
	for _, o := range all {
		part := o.Input.(call).part
		parts[part] = append(parts[part], o)
	}
	var out [][]porcupine.Operation
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		out = append(out, parts[name])
	}
	return out
}

func describe(c call, r reply) string {
	s := c.do
	for _, v := range []string{c.by, c.to, c.arg} {
		if v != "" {
			s += " " + short(v)
		}
	}
	s += " → " + r.word
	if r.value != "" {
		s += " " + short(r.value)
	}
	return s
}

// short is the end of a text, by which long ones differ.
func short(s string) string {
	if len(s) > 24 {
		return "…" + s[len(s)-12:]
	}
	return s
}

// set is a set of texts without spaces, as one text: of equal sets it is the same.
type set string

func (s set) has(v string) bool { return slices.Contains(strings.Fields(string(s)), v) }

func (s set) with(v string) set {
	if v == "" || s.has(v) {
		return s
	}
	return set(strings.Join(slices.Sorted(slices.Values(append(strings.Fields(string(s)), v))), " "))
}

func (s set) without(v string) set {
	return set(strings.Join(slices.DeleteFunc(strings.Fields(string(s)), func(o string) bool { return o == v }), " "))
}

// either is ok if what was asked for is allowed, and no if not, with the state that
// belongs to it.
func either[S comparable](allowed bool, before, after S) (S, string) {
	if allowed {
		return after, ok
	}
	return before, no
}
