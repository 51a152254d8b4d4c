package audit

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	mrand "math/rand/v2"
	"testing"
	"time"

	"gatehouse/internal/store"
)

// forger is somebody who writes to the table and has no root key, but copies of
// what was there before.
type forger struct {
	*rig
	rand          *mrand.Rand
	pk            string
	events, links []store.Item // by time, by sequence
	event         map[string]store.Item
	heads         []store.Item // at 5, 10, … events
}

const (
	forged = 20 // events of the partition under attack
	step   = 5
)

func newForger(t *testing.T, seed uint64) *forger {
	f := &forger{rig: newRig(t), rand: mrand.New(mrand.NewPCG(seed, 3)), pk: OrgPK(1), event: map[string]store.Item{}}
	for range forged / step {
		f.write(1, step)
		f.write(2, 2)
		f.advance()
		f.heads = append(f.heads, f.item(headKey(f.pk)))
	}
	f.events = f.items(f.pk)
	for _, e := range f.events {
		f.event[e.SK] = e
	}
	for _, it := range f.items(chainPK(f.pk)) {
		if it.Kind == links.Name {
			f.links = append(f.links, it)
		}
	}
	f.turn(time.Hour)
	return f
}

func (f *forger) two() (int, int) {
	i := f.rand.IntN(forged)
	return i, (i + 1 + f.rand.IntN(forged-1)) % forged
}

// flip changes one byte of text to another that JSON and UTF-8 allow or do not mind.
func (f *forger) flip(it store.Item) store.Item {
	it.Body = bytes.Clone(it.Body)
	i := f.rand.IntN(len(it.Body))
	for was := it.Body[i]; it.Body[i] == was; {
		it.Body[i] = byte(' ' + f.rand.IntN(95))
	}
	return it
}

func with(it store.Item, body any) store.Item {
	b, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	it.Body = b
	return it
}

func bodies(a, b store.Item) []store.Op {
	a.Body, b.Body = b.Body, a.Body
	return []store.Op{put(a), put(b)}
}

func gone(items []store.Item) (ops []store.Op) {
	for _, it := range items {
		ops = append(ops, store.Delete(it.Key, store.Always))
	}
	return ops
}

// again makes the chain anew from link n on, as Advance would with the events that
// get has, but for the head: that stays, or its signature is the true head's, or
// made up.
func (f *forger) again(n int, get func(sk string) store.Item) (ops []store.Op) {
	v, err := links.Of(f.links[n])
	must(f.T, err)
	before := origin
	if n > 0 {
		p, err := links.Of(f.links[n-1])
		must(f.T, err)
		before = p.Hash
	}
	h, err := heads.Of(f.heads[len(f.heads)-1])
	must(f.T, err)
	for _, it := range f.links[n:] {
		v, err = links.Of(it)
		must(f.T, err)
		v.Digest = digest(get(v.Event))
		v.Hash = after(before, v.Digest)
		before = v.Hash
		ops = append(ops, put(with(it, v)))
	}
	h.Hash = before
	switch f.rand.IntN(3) {
	case 0:
		return ops
	case 1:
		rand.Read(h.Sig)
	}
	return append(ops, put(with(f.heads[len(f.heads)-1], h)))
}

// stranger is an event that no change has written.
func (f *forger) stranger() store.Item {
	at := f.events[0].SK[:13]
	if f.rand.IntN(2) == 0 {
		at = store.TimeText(f.now().Add(-time.Duration(f.rand.IntN(int(time.Hour)))))
	}
	o := Events.Put(store.Key{PK: f.pk, SK: at + fmt.Sprintf("#%026d", f.rand.IntN(1e9))}, Event{Action: "member.remove", Org: 1}, store.Always)
	return store.Item{Key: o.Key, Kind: o.Kind, Schema: o.Schema, Body: o.Body}
}

// changed flips bytes until what the body says is no longer the same: white space
// and the case of names are no part of a link or a head.
func (f *forger) changed(it store.Item) store.Item {
	for {
		c := f.flip(it)
		if it.Kind == links.Name && !same[link](c, it) || it.Kind == heads.Name && !same[head](c, it) {
			return c
		}
	}
}

func same[T any](a, b store.Item) bool {
	var x, y T
	errA, errB := json.Unmarshal(a.Body, &x), json.Unmarshal(b.Body, &y)
	return errA == nil && errB == nil && fmt.Sprintf("%+v", x) == fmt.Sprintf("%+v", y)
}
