package model

import (
	"context"
	"errors"
	"slices"
	"sync"

	rows "gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/store/storetest"
)

// trouble is what happens during one try of a request.
type trouble struct {
	at    int            // which call of the store it comes at, from 1; 0 is none
	mode  storetest.Mode // how that call fails; a crash ends the process
	reply bool           // all goes well, and the answer is lost
}

func (t trouble) crash() bool {
	return t.mode == storetest.CrashBefore || t.mode == storetest.CrashAfter
}

// errGone is all that a process hears that has crashed.
var errGone = errors.New("the process is gone")

// driver is the store in memory, which counts what a request does to it and can
// fail one call.
type driver struct {
	*storetest.Memory
	forget func(store.Tx, store.Op) bool // writes that a mistake leaves out; nil in the product

	mu      sync.Mutex
	trouble trouble
	calls   int
	hit     bool
	dead    bool
	effects int // transactions that changed something
	touches int // notes that something was used
}

// arm begins a try.
func (d *driver) arm(t trouble) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.trouble, d.calls, d.hit, d.dead, d.effects, d.touches = t, 0, false, false, 0, 0
}

// heard says whether the client got an answer to this try.
func (d *driver) heard() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.dead && !d.trouble.reply
}

// written says what this try has written.
func (d *driver) written() (effects, touches int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.effects, d.touches
}

// failing is what the next call goes to.
func (d *driver) failing(plain store.Driver) (store.Driver, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls++
	if d.dead {
		return nil, errGone
	}
	if d.calls != d.trouble.at {
		return plain, nil
	}
	d.hit = true
	if d.trouble.mode == storetest.CrashBefore {
		d.dead = true
		return nil, errGone
	}
	if d.trouble.mode == storetest.CrashAfter {
		d.dead = true
		return plain, errGone
	}
	return storetest.NewFault(plain, 1, d.trouble.mode), nil
}

// Get implements store.Driver.
func (d *driver) Get(ctx context.Context, keys []store.Key) ([]store.Item, error) {
	to, err := d.failing(d.Memory)
	if err != nil {
		return nil, err
	}
	return to.Get(ctx, keys)
}

// Query implements store.Driver.
func (d *driver) Query(ctx context.Context, q store.Query) (store.Page, error) {
	to, err := d.failing(d.Memory)
	if err != nil {
		return store.Page{}, err
	}
	return to.Query(ctx, q)
}

// Transact implements store.Driver.
func (d *driver) Transact(ctx context.Context, tx store.Tx) error {
	to, err := d.failing(counting{d.Memory, d})
	if to == nil {
		return err
	}
	if d.forget != nil {
		tx.Ops = slices.DeleteFunc(slices.Clone(tx.Ops), func(o store.Op) bool { return d.forget(tx, o) })
	}
	done := to.Transact(ctx, tx)
	if err != nil {
		return err
	}
	return done
}

// counting notes which transactions have been done.
type counting struct {
	*storetest.Memory
	d *driver
}

// Transact implements store.Driver.
func (c counting) Transact(ctx context.Context, tx store.Tx) error {
	err := c.Memory.Transact(ctx, tx)
	if err == nil {
		c.d.mu.Lock()
		defer c.d.mu.Unlock()
		switch {
		case touch(tx):
			c.d.touches++
		case tx.Ops[0].Kind != "signing-key": // which whoever needs one first makes
			c.d.effects++
		}
	}
	return err
}

// touch reports whether a transaction only writes a session or an access token anew,
// as it is done to note its use.
func touch(tx store.Tx) bool {
	o := tx.Ops[0]
	return len(tx.Ops) == 1 && o.Verb == store.VerbPut && (o.Kind == rows.Sessions.Name || o.Kind == rows.AccessTokens.Name)
}
