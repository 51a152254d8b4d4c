package audit

import (
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"gatehouse/internal/store"
)

// tamperings are the ways to change the log, each at random.
var tamperings = map[string]func(*forger) []store.Op{
	"a byte of an event": func(f *forger) []store.Op { return []store.Op{put(f.flip(f.events[f.rand.IntN(forged)]))} },
	"a byte of a link":   func(f *forger) []store.Op { return []store.Op{put(f.changed(f.links[f.rand.IntN(forged)]))} },
	"a byte of the head": func(f *forger) []store.Op { return []store.Op{put(f.changed(f.heads[len(f.heads)-1]))} },
	"an event deleted":   func(f *forger) []store.Op { i := f.rand.IntN(forged); return gone(f.events[i : i+1]) },
	"a link deleted":     func(f *forger) []store.Op { i := f.rand.IntN(forged); return gone(f.links[i : i+1]) },
	"both deleted": func(f *forger) []store.Op {
		i := f.rand.IntN(forged)
		return append(gone(f.events[i:i+1]), gone(f.links[i:i+1])...)
	},
	"the head deleted": func(f *forger) []store.Op { return gone(f.heads[:1]) },
	"two links swapped": func(f *forger) []store.Op {
		i, j := f.two()
		return bodies(f.links[i], f.links[j])
	},
	"two events swapped": func(f *forger) []store.Op {
		i, j := f.two()
		return bodies(f.events[i], f.events[j])
	},
	"two events swapped with their links": func(f *forger) []store.Op {
		i, j := f.two()
		return append(bodies(f.events[i], f.events[j]), bodies(f.links[i], f.links[j])...)
	},
	"an event inserted": func(f *forger) []store.Op { return []store.Op{put(f.stranger())} },
	"an event inserted with a link": func(f *forger) []store.Op {
		e := f.stranger()
		last, err := links.Of(f.links[forged-1])
		must(f.T, err)
		v := link{e.SK, digest(e), after(last.Hash, digest(e))}
		return []store.Op{put(e), links.Put(linkKey(f.pk, forged+1), v, store.Always)}
	},
	"an event moved in time": func(f *forger) []store.Op {
		i := f.rand.IntN(forged)
		e := f.stranger()
		e.Body = f.events[i].Body
		return append(gone(f.events[i:i+1]), put(e))
	},
	"an event moved in time with its link": func(f *forger) []store.Op {
		i := f.rand.IntN(forged)
		v, err := links.Of(f.links[i])
		must(f.T, err)
		e := f.stranger()
		e.Body = f.event[v.Event].Body
		v.Event = e.SK
		return append(gone(f.events[i:i+1]), put(e), put(with(f.links[i], v)))
	},
	"an event of another shape": func(f *forger) []store.Op {
		e := f.events[f.rand.IntN(forged)]
		if e.Schema = 2; f.rand.IntN(2) == 0 {
			e.Schema, e.Kind = 1, "note"
		}
		return []store.Op{put(e)}
	},
	"an event that expires": func(f *forger) []store.Op {
		e := f.events[f.rand.IntN(forged)]
		e.Expires = f.now().Add(-time.Minute)
		return []store.Op{put(e)}
	},
	"an event sent round again": func(f *forger) []store.Op {
		e := f.events[f.rand.IntN(forged)]
		e.Index = map[store.Index]store.Key{store.ByUnchained: place(e.Key)}
		return []store.Op{put(e)}
	},
	"an event edited and the chain made anew": func(f *forger) []store.Op {
		n := f.rand.IntN(forged)
		v, err := links.Of(f.links[n])
		must(f.T, err)
		e := f.flip(f.event[v.Event])
		return append(f.again(n, func(sk string) store.Item {
			if sk == v.Event {
				return e
			}
			return f.event[sk]
		}), put(e))
	},
	"cut off": func(f *forger) []store.Op {
		n := f.rand.IntN(forged)
		ops := gone(f.links[n:])
		if f.rand.IntN(2) == 0 {
			ops = append(ops, gone(f.events[n:])...)
		}
		h, err := heads.Of(f.heads[f.rand.IntN(len(f.heads))])
		must(f.T, err)
		v := link{Hash: origin}
		if n > 0 {
			v, err = links.Of(f.links[n-1])
			must(f.T, err)
		}
		if f.rand.IntN(2) == 0 {
			h.Seq, h.Hash = int64(n), v.Hash // a head that fits, but is not signed
			if n%step == 0 {
				rand.Read(h.Sig)
			}
			ops = append(ops, put(with(f.heads[0], h)))
		}
		return ops
	},
	"the head set back": func(f *forger) []store.Op { return []store.Op{put(f.heads[f.rand.IntN(len(f.heads)-1)])} },
	"head and links set back": func(f *forger) []store.Op {
		i := f.rand.IntN(len(f.heads) - 1)
		return append(gone(f.links[(i+1)*step:]), put(f.heads[i]))
	},
	"head and events set back": func(f *forger) []store.Op {
		i := f.rand.IntN(len(f.heads) - 1)
		return append(gone(f.events[(i+1)*step:]), put(f.heads[i]))
	},
	"events edited and the head taken away": func(f *forger) []store.Op {
		return []store.Op{put(f.flip(f.events[f.rand.IntN(forged)])), store.Delete(headKey(f.pk), store.Always)}
	},
	"the head of another": func(f *forger) []store.Op {
		h := f.item(headKey(OrgPK(2)))
		h.Key = headKey(f.pk)
		return []store.Op{put(h)}
	},
	"hidden from the list of chains": func(f *forger) []store.Op {
		return []store.Op{put(f.flip(f.events[f.rand.IntN(forged)])), store.Delete(entryKey(f.pk), store.Always)}
	},
	"the whole chain removed from the list too": func(f *forger) []store.Op {
		ops := append(gone(f.links), store.Delete(headKey(f.pk), store.Always), store.Delete(entryKey(f.pk), store.Always))
		if f.rand.IntN(2) == 0 {
			ops = append(ops, gone(f.events)...)
		}
		return ops
	},
	"called forgotten": func(f *forger) []store.Op {
		return []store.Op{entries.Put(entryKey(f.pk), entry{Gone: f.now().Add(-time.Hour).UnixMilli()}, store.Always), store.Delete(headKey(f.pk), store.Always)}
	},
	"one chain fewer counted": func(f *forger) []store.Op {
		t, err := totals.Of(f.item(totalKey))
		must(f.T, err)
		t.Count--
		return []store.Op{totals.Put(totalKey, t, store.Always), store.Delete(entryKey(f.pk), store.Always)}
	},
}

// TestASVS16_4_2_Tamperings does ten thousand random changes to a sound log; each is found,
// and nothing is found once it was undone.
func TestASVS16_4_2_Tamperings(t *testing.T) {
	const workers = 4
	names := slices.Sorted(maps.Keys(tamperings))
	for w := range workers {
		t.Run(fmt.Sprint(w), func(t *testing.T) {
			t.Parallel()
			f := newForger(t, uint64(w))
			all := int64(forged + 2*forged/step)
			f.sound(all)
			for i := range tampers / workers {
				name := names[(i+w)%len(names)]
				undo := f.tamper(tamperings[name](f)...)
				if found, _ := f.findings(); len(found) == 0 {
					t.Errorf("not found: %s (number %d)", name, i)
				}
				f.tamper(undo...)
				if i%100 == 0 {
					f.sound(all)
				}
			}
			f.sound(all)
			if n := f.advance(); n != 0 {
				t.Errorf("%d events were left waiting", n)
			}
		})
	}
}

// TestFindings: the commonest tamperings are called by their name.
func TestFindings(t *testing.T) {
	f := newForger(t, 9)
	third := f.events[2].SK
	extra := f.stranger()
	for name, c := range map[string]struct {
		ops  []store.Op
		want Finding
	}{
		"edited":     {[]store.Op{put(f.flip(f.events[2]))}, Finding{f.pk, 3, third, Edited}},
		"deleted":    {gone(f.events[2:3]), Finding{f.pk, 3, third, Missing}},
		"unlinked":   {gone(f.links[2:3]), Finding{f.pk, 3, "", Missing}},
		"reordered":  {bodies(f.links[2], f.links[7]), Finding{f.pk, 3, f.events[7].SK, Reordered}},
		"inserted":   {[]store.Op{put(extra)}, Finding{f.pk, 0, extra.SK, Inserted}},
		"truncated":  {append(gone(f.links[15:]), gone(f.events[15:])...), Finding{f.pk, 16, "", Truncated}},
		"set back":   {[]store.Op{put(f.heads[1])}, Finding{f.pk, 11, f.events[10].SK, Beyond}},
		"made anew":  {f.again(0, func(string) store.Item { return f.events[0] })[:forged], Finding{f.pk, forged, "", Forged}},
		"no head":    {gone(f.heads[:1]), Finding{f.pk, 0, "", Headless}},
		"not listed": {[]store.Op{store.Delete(entryKey(f.pk), store.Always)}, Finding{rosterPK, 0, "", Miscount}},
		"forgotten":  {tamperings["called forgotten"](f), Finding{f.pk, 0, "", Leftover}},
	} {
		undo := f.tamper(c.ops...)
		found, _ := f.findings()
		if !slices.Contains(found, c.want) {
			t.Errorf("%s: found %v, want %v", name, found, c.want)
		}
		f.tamper(undo...)
	}
	f.sound(forged + 2*forged/step)
}

// TestSetBack writes down what cannot be found in the table alone: a partition
// that is, as a whole, what it was at an earlier checkpoint. The signed head only
// shows that it was so once.
func TestSetBack(t *testing.T) {
	f := newForger(t, 8)
	undo := f.tamper(append(append(gone(f.links[10:]), gone(f.events[10:])...), put(f.heads[1]))...)
	f.sound(10 + 2*forged/step)
	f.tamper(undo...)
	f.sound(forged + 2*forged/step)
}
