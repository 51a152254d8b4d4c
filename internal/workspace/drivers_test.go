package workspace_test

import (
	"context"
	"errors"
	"sync"

	"gatehouse/internal/store"
)

// hooked is a driver that calls a function once after a call that it waits for.
type hooked struct {
	store.Driver
	mu   sync.Mutex
	when func(write bool, pk string) bool
	then func()
}

func (h *hooked) arm(when func(write bool, pk string) bool, then func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.when, h.then = when, then
}

func (h *hooked) saw(write bool, pks ...string) {
	h.mu.Lock()
	then := h.then
	hit := false
	for _, pk := range pks {
		hit = hit || then != nil && h.when(write, pk)
	}
	if hit {
		h.when, h.then = nil, nil
	}
	h.mu.Unlock()
	if hit {
		then()
	}
}

func (h *hooked) Transact(ctx context.Context, tx store.Tx) error {
	err := h.Driver.Transact(ctx, tx)
	for _, o := range tx.Ops {
		h.saw(true, o.Key.PK)
	}
	return err
}

func (h *hooked) Query(ctx context.Context, q store.Query) (store.Page, error) {
	p, err := h.Driver.Query(ctx, q)
	h.saw(false, q.PK)
	return p, err
}

// mortal is a driver that does so many calls and no more.
type mortal struct {
	store.Driver
	left int
}

var errDead = errors.New("cut off")

func (m *mortal) Get(ctx context.Context, keys []store.Key) ([]store.Item, error) {
	if m.left--; m.left < 0 {
		return nil, errDead
	}
	return m.Driver.Get(ctx, keys)
}

func (m *mortal) Query(ctx context.Context, q store.Query) (store.Page, error) {
	if m.left--; m.left < 0 {
		return store.Page{}, errDead
	}
	return m.Driver.Query(ctx, q)
}

func (m *mortal) Transact(ctx context.Context, tx store.Tx) error {
	if m.left--; m.left < 0 {
		return errDead
	}
	return m.Driver.Transact(ctx, tx)
}
