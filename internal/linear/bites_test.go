package linear

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"

	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// loose is a store that forgets the conditions on some rows: whoever writes last wins.
type loose struct {
	store.Driver
	match func(store.Key) bool
}

func (l loose) Transact(ctx context.Context, tx store.Tx) error {
	ops := make([]store.Op, 0, len(tx.Ops))
	for _, o := range tx.Ops {
		if l.match(o.Key) && o.Verb != store.VerbAdd {
			o.If = store.Always
		}
		if l.match(o.Key) && o.Verb == store.VerbCheck {
			continue
		}
		ops = append(ops, o)
	}
	tx.Ops = ops
	return l.Driver.Transact(ctx, tx)
}

// stale is a store that answers some reads with what it answered a little before, as a
// cache would, or reads that are not consistent.
type stale struct {
	store.Driver
	match func(store.Key) bool

	mu   sync.Mutex
	kept map[store.Key]cached
}

type cached struct {
	item store.Item
	left int
}

func (s *stale) Get(ctx context.Context, keys []store.Key) ([]store.Item, error) {
	items, err := s.Driver.Get(ctx, keys)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept == nil {
		s.kept = map[store.Key]cached{}
	}
	for i, k := range keys {
		if !s.match(k) {
			continue
		}
		c := s.kept[k]
		if c.left--; c.left < 0 {
			c = cached{items[i], 3}
		}
		s.kept[k], items[i] = c, c.item
	}
	return items, nil
}

// checkThenAct is a store that looks whether there is a seat before it takes one, and
// not in the transaction that does.
type checkThenAct struct{ store.Driver }

func (d checkThenAct) Transact(ctx context.Context, tx store.Tx) error {
	ops := append([]store.Op{}, tx.Ops...)
	for i, o := range ops {
		if o.Verb != store.VerbAdd || o.Delta <= 0 || o.Key.SK != tenant.SeatsKey(0).SK {
			continue
		}
		items, err := d.Get(ctx, []store.Key{o.Key})
		if err != nil {
			return err
		}
		if _, fits := o.Sum(items[0].Counts[o.Field]); !fits {
			return &store.ConflictError{Ops: []int{i}}
		}
		runtime.Gosched()
		ops[i].Max = 1 << 40
	}
	tx.Ops = ops
	return d.Driver.Transact(ctx, tx)
}

// strict is a handler that takes every refresh token once, and refuses a retry.
func strict(h http.Handler) http.Handler {
	var seen sync.Map
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/auth/token/refresh" {
			body, _ := io.ReadAll(r.Body) // from memory
			if _, used := seen.LoadOrStore(string(body), true); used {
				http.Error(w, `{"detail":"used"}`, http.StatusUnauthorized)
				return
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		h.ServeHTTP(w, r)
	})
}

// hasty is a handler that says that somebody is out before they are.
func hasty(h http.Handler) http.Handler {
	var wg sync.WaitGroup
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != "DELETE" || !strings.HasPrefix(r.URL.Path, "/api/memberships/") {
			h.ServeHTTP(w, r)
			return
		}
		wg.Go(func() { h.ServeHTTP(httptest.NewRecorder(), r) })
		w.WriteHeader(http.StatusNoContent)
	})
}

func under(prefixes ...string) func(store.Key) bool {
	return func(k store.Key) bool {
		for _, p := range prefixes {
			if strings.HasPrefix(k.PK+" "+k.SK, p) {
				return true
			}
		}
		return false
	}
}

func loosely(match func(store.Key) bool) *wrong {
	return &wrong{driver: func(d store.Driver) store.Driver { return loose{Driver: d, match: match} }}
}

func stalely(match func(store.Key) bool) *wrong {
	return &wrong{driver: func(d store.Driver) store.Driver { return &stale{Driver: d, match: match} }}
}

// session is a row that says whether somebody has signed in.
func session(k store.Key) bool {
	return strings.HasPrefix(k.PK, "U#") && (k.SK == "A" || strings.HasPrefix(k.SK, "S#"))
}

// bites are mistakes that somebody might make, and the models that must find them.
var bites = []struct {
	model, name string
	bug         *wrong
}{
	{"seats", "looks before it takes", &wrong{driver: func(d store.Driver) store.Driver { return checkThenAct{d} }}},
	{"owners", "does not look again", loosely(under("ORG#", "MEM#"))},
	{"address", "the last claim wins", loosely(under("EMAIL#"))},
	{"user name", "the last claim wins", loosely(under("UNAME#"))},
	{"once", "the link is accepted twice", loosely(under("U#", "PEND#"))},
	{"refresh", "each token once", &wrong{handler: strict}},
	{"session", "sessions are cached", stalely(session)},
	{"role", "memberships are cached", stalely(under("MEM#"))},
	{"role", "removes later", &wrong{handler: hasty}},
	{"limit", "the last take wins", loosely(under("LIM#"))},
}

// patience is how many histories a bug may hide in.
const patience = 200

// TestBites puts something wrong in the place of something right, and fails unless
// that is found.
func TestBites(t *testing.T) {
	seed := number(t, "GATEHOUSE_LINEAR_SEED", 1)
	for _, b := range bites {
		t.Run(b.model+" "+b.name, func(t *testing.T) {
			for _, m := range models() {
				if m.name != b.model {
					continue
				}
				s := setStage(t, m.set)
				for n := range uint64(patience) {
					v, err := m.judge(t, s, seed+n, b.bug, nil)
					if err != nil {
						t.Fatal(err)
					}
					if len(v.bad) > 0 {
						t.Logf("found in history %d", n+1)
						return
					}
				}
				t.Errorf("not found in %d histories", patience)
			}
		})
	}
}
