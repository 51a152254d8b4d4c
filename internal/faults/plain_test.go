package faults

import (
	"context"
	"fmt"
	"testing"

	"gatehouse/internal/mail"
	"gatehouse/internal/store"
	"gatehouse/internal/store/storetest"
)

// TestPlainModes: of modes that are taken for the same, a call, and the two that come
// after it, fail in the same way.
func TestPlainModes(t *testing.T) {
	ctx := context.Background()
	calls := map[string]func(in *injector) error{
		callGet: func(in *injector) error {
			_, err := in.Get(ctx, []store.Key{{PK: "a", SK: "b"}})
			return err
		},
		callQuery: func(in *injector) error {
			_, err := in.Query(ctx, store.Query{PK: "a", Limit: 1})
			return err
		},
		callKeys: func(in *injector) error {
			if _, err := in.load(ctx); err != nil {
				return fmt.Errorf("no key; dead: %t", in.dead)
			}
			return nil
		},
		callSend: func(in *injector) error {
			w := &world{in: in}
			_, err := w.Send(ctx, mail.Message{ID: "x"})
			return fmt.Errorf("%w; %d sent", err, len(w.sent))
		},
	}
	for name, call := range calls {
		heard := func(m mode) (all string) {
			in := &injector{Memory: storetest.NewMemory()}
			in.arm(fault{1, m})
			for range 3 {
				all += fmt.Sprintln(call(in))
			}
			return all
		}
		for _, m := range modesOf(name) {
			if p := (fault{1, m}).plain([]string{name}); p.mode != m && heard(p.mode) != heard(m) {
				t.Errorf("%s: %s is taken for %s", name, m, p.mode)
			}
		}
	}
}
