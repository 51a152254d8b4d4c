package keyring_test

import (
	"context"
	"testing"

	"gatehouse/internal/keyring"
	"gatehouse/internal/store"
)

// amid is a store that lets something happen before it writes, once.
type amid struct {
	store.Driver
	act func()
}

// Transact implements store.Driver.
func (d *amid) Transact(ctx context.Context, tx store.Tx) error {
	if act := d.act; act != nil {
		d.act = nil
		act()
	}
	return d.Driver.Transact(ctx, tx)
}

// TestOneOfTwo has a second process make a key while a first one does: there is one.
func TestOneOfTwo(t *testing.T) {
	for name, make := range map[string]func(context.Context, *keyring.Ring) error{
		"the first key": func(ctx context.Context, r *keyring.Ring) error { _, err := r.Signer(ctx); return err },
		"rotating":      func(ctx context.Context, r *keyring.Ring) error { _, err := r.Rotate(ctx, false); return err },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			d := &amid{Driver: w.db}
			w.table = store.New(d, w.clock)
			other := w.process(t)
			d.act = func() {
				if err := make(t.Context(), other); err != nil {
					t.Error(err)
				}
			}
			if err := make(t.Context(), w.process(t)); err != nil {
				t.Error(err)
			}
			if keys, err := w.process(t).Published(t.Context()); err != nil || len(keys) != 1 {
				t.Errorf("%d keys (%v)", len(keys), err)
			}
		})
	}
}
