package faults

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/cryptotest"
	"time"

	"gatehouse/internal/account"
	"gatehouse/internal/apptest"
	"gatehouse/internal/check"
	"gatehouse/internal/store"
	"gatehouse/internal/store/storetest"
)

// clashes counts the transactions that found something at a key that should be new.
type clashes struct {
	*storetest.Memory
	renumber bool // transactions have other numbers than they drew

	mu  sync.Mutex
	n   int
	ids []string // that transactions drew
}

// Transact implements store.Driver.
func (c *clashes) Transact(ctx context.Context, tx store.Tx) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ids = append(c.ids, tx.ID)
	if c.renumber {
		tx = renumbered(tx)
	}
	err := c.Memory.Transact(ctx, tx)
	lost, _ := store.Conflict(err)
	if slices.ContainsFunc(lost, func(i int) bool { return tx.Ops[i].Verb == store.VerbPut && tx.Ops[i].If == store.Absent }) {
		c.n++
	}
	return err
}

func (c *clashes) met() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

// renumbered is a transaction under another number.
func renumbered(tx store.Tx) store.Tx {
	marker := "TX#" + tx.ID
	tx.ID = strings.Map(func(r rune) rune { return rune("fedcba9876543210"[strings.IndexRune("0123456789abcdef", r)]) }, tx.ID)
	tx.Version ^= 2
	tx.Ops = slices.Clone(tx.Ops)
	for i := range tx.Ops {
		if tx.Ops[i].Key.PK == marker {
			tx.Ops[i].Key.PK = "TX#" + tx.ID
		}
	}
	return tx
}

// drawing is a world whose clock stands still, so that ids differ by twelve bits.
func drawing(t *testing.T, env ...apptest.Option) (*stage, *clashes) {
	c := &clashes{Memory: storetest.NewMemory()}
	opts := append(env, apptest.Env("GATEHOUSE_RATE_LIMITS", "off"), apptest.Driver(func(store.Driver) store.Driver { return c }))
	return &stage{World: apptest.New(t, opts...)}, c
}

// TestEqualIDs makes things of one moment until three were given an id that is taken:
// each of them gets another, and nothing is written over.
func TestEqualIDs(t *testing.T) {
	const wanted, most = 3, 600
	for _, c := range []struct {
		name, kind string
		env        map[string]string
		each       func(s *stage) func(n int) // makes number n
	}{
		{"accounts of the operator", "authority", nil, func(s *stage) func(int) { return func(n int) { s.created(n) } }},
		{"accounts at once", "authority", map[string]string{"GATEHOUSE_EMAIL_VERIFICATION": "none"}, func(s *stage) func(int) {
			return func(n int) { s.registered(n) }
		}},
		{"accounts that are confirmed", "authority", nil, func(s *stage) func(int) {
			return func(n int) {
				s.registered(n)
				s.Client().Post("/api/auth/verify-email", object{"key": s.key(address(n), "confirm")}).Is(200)
			}
		}},
		{"organizations", "organization", nil, func(s *stage) func(int) {
			owner := s.user("owner1")
			return func(n int) { s.Found(owner, fmt.Sprint("acme", n)) }
		}},
		{"invitations", "invitation", nil, func(s *stage) func(int) {
			team := s.Found(s.user("owner1"), "acme")
			return func(n int) { team.Invite(address(n), "worker") }
		}},
		{"access tokens", "access-token", nil, func(s *stage) func(int) {
			var c *apptest.Client
			return func(n int) {
				if n%40 == 0 {
					c = s.user(fmt.Sprint("holder", n))
				}
				c.Post("/api/auth/access_tokens", object{"name": "robot"}).Is(201)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var opts []apptest.Option
			for name, value := range c.env {
				opts = append(opts, apptest.Env(name, value))
			}
			s, table := drawing(t, opts...)
			make, before := c.each(s), table.count(c.kind)
			n := 0
			for ; table.met() < wanted && n < most; n++ {
				make(n)
			}
			if table.met() < wanted {
				t.Errorf("no id was drawn twice in %d", n)
			}
			if others := table.count(c.kind) - before; c.kind != "authority" && others != n || others < n {
				t.Errorf("%d were made, and %d are there", n, others)
			}
			s.sound(table)
		})
	}
}

func address(n int) string { return fmt.Sprintf("somebody%d@example.org", n) }

func (s *stage) created(n int) {
	s.Helper()
	_, err := s.Accounts.CreateUser(s.Context(), account.NewUser{Username: fmt.Sprint("somebody", n), Email: address(n), Groups: []string{"user"}, Password: apptest.Password})
	if err != nil {
		s.Fatal(err)
	}
}

func (s *stage) registered(n int) {
	s.Helper()
	s.Client().Post("/api/auth/register", apptest.Form(fmt.Sprint("somebody", n), address(n))).Is(201)
}

// sound fails if a rule does not hold.
func (s *stage) sound(table *clashes) {
	s.Helper()
	found, err := check.Run(s.Context(), store.New(table.Memory, s.Clock.Now), nil)
	if err != nil {
		s.Fatal(err)
	}
	for _, v := range found {
		s.Error(v)
	}
}

// count is how many items of a kind there are.
func (c *clashes) count(kind string) (n int) {
	for _, it := range c.All() {
		if it.Kind == kind {
			n++
		}
	}
	return n
}

// TestEqualStreams lets a second person draw all that a first one has drawn, in the
// same moment: ids, prefixes, seeds, session ids. Only their transactions have numbers
// of their own. Nothing that the first has made is written over, and the second is
// served as well.
func TestEqualStreams(t *testing.T) {
	type act func(s *stage, c *apptest.Client, n int) *apptest.Answer
	for name, do := range map[string]act{
		"sign-in": func(s *stage, _ *apptest.Client, n int) *apptest.Answer {
			return s.Client().Post("/api/auth/login", holder(n))
		},
		"tokens": func(s *stage, _ *apptest.Client, n int) *apptest.Answer {
			return s.Client().Post("/api/auth/token", holder(n))
		},
		"register": func(s *stage, _ *apptest.Client, n int) *apptest.Answer {
			return s.Client().Post("/api/auth/register", apptest.Form(fmt.Sprint("somebody", n), address(n)))
		},
		"found": func(_ *stage, c *apptest.Client, n int) *apptest.Answer {
			return c.Post("/api/organizations", object{"slug": fmt.Sprint("new", n), "name": "New"})
		},
		"invite": func(_ *stage, c *apptest.Client, n int) *apptest.Answer {
			return c.With("X-Organization", fmt.Sprint("acme", n)).Post("/api/invitations", object{"email": address(n), "role": "worker"})
		},
		"access token": func(_ *stage, c *apptest.Client, _ int) *apptest.Answer {
			return c.Post("/api/auth/access_tokens", object{"name": "robot"})
		},
		"reset": func(s *stage, _ *apptest.Client, n int) *apptest.Answer {
			return s.Client().Post("/api/auth/password/reset", object{"email": fmt.Sprint("holder", n, "@example.org")})
		},
		"address": func(_ *stage, c *apptest.Client, n int) *apptest.Answer {
			return c.Post("/api/auth/email", object{"email": address(n)})
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, table := drawing(t, apptest.Env("GATEHOUSE_EMAIL_VERIFICATION", "none"))
			s.Sweep("rotate-keys") // so that the first need not draw one
			var people []*apptest.Client
			for n := range 2 {
				people = append(people, s.user(fmt.Sprint("holder", n)))
				s.Found(people[n], fmt.Sprint("acme", n))
			}
			s.Drain()
			s.Clock.Add(time.Second)
			base := table.Clone()
			var left *storetest.Memory
			var drawn [2][]string
			for n, c := range people {
				left, table.ids, table.renumber = table.Clone(), nil, n > 0
				cryptotest.SetGlobalRandom(t, 1)
				if a := do(s, c, n); a.Status < 200 || a.Status > 299 {
					t.Errorf("person %d is answered %d %s", n+1, a.Status, a.Body)
				}
				drawn[n] = table.ids
			}
			if len(drawn[0]) == 0 || !slices.Equal(drawn[0], drawn[1][:len(drawn[0])]) {
				t.Errorf("the second has not drawn what the first has: %q, %q", drawn[0], drawn[1])
			}
			for _, it := range left.All() {
				if !reflect.DeepEqual(base.At(it.Key), it) && !reflect.DeepEqual(table.At(it.Key), it) {
					t.Errorf("%s %q of the first was written over", it.Kind, it.Key)
				}
			}
			t.Logf("%d conflicts", table.met())
			s.sound(table)
		})
	}
}

// holder are the credentials of a person.
func holder(n int) object {
	return object{"username": fmt.Sprint("holder", n), "password": apptest.Password}
}
