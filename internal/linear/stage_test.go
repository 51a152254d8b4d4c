package linear

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/account"
	"gatehouse/internal/apptest"
	"gatehouse/internal/store"
	"gatehouse/internal/store/sqlite"
	"gatehouse/internal/store/storetest"
)

type object = map[string]any

// person is a browser that has signed in.
type person struct{ session, csrf string }

// stage is the installation that every history of a model begins with.
type stage struct {
	*apptest.World
	items  *storetest.Memory
	file   string // the same items in SQLite
	people map[string]person
	ids    map[string]int64  // of users by name, of organizations and memberships
	texts  map[string]string // keys of mails, tokens
}

// setStage prepares a stage once.
func setStage(t testing.TB, set func(s *stage)) *stage {
	t.Helper()
	items := storetest.NewMemory()
	s := &stage{items: items, people: map[string]person{}, ids: map[string]int64{}, texts: map[string]string{}}
	s.World = apptest.New(t, apptest.Env("GATEHOUSE_RATE_LIMITS", "off"), apptest.Env("GATEHOUSE_OWNERSHIP_TRANSFER", "on"),
		apptest.Driver(func(store.Driver) store.Driver { return items }))
	s.Client().Get("/.well-known/jwks.json").Is(200) // so that the signing key is there
	set(s)
	s.Drain()
	s.Clock.Add(time.Second)
	s.file = filepath.Join(t.TempDir(), "stage.db")
	if err := s.write(s.file); err != nil {
		t.Fatal(err)
	}
	return s
}

// write puts the items into a file of SQLite.
func (s *stage) write(path string) error {
	db, err := sqlite.OpenScratch(path)
	if err != nil {
		return err
	}
	for _, it := range s.items.All() {
		tx := store.Tx{ID: it.TxID, Version: it.Version}
		for field, n := range it.Counts {
			tx.Ops = append(tx.Ops, store.Add(it.Key, it.Kind, field, n, n, n).Until(it.Expires))
		}
		if tx.Ops == nil {
			tx.Ops = []store.Op{{Verb: store.VerbPut, Key: it.Key, If: store.Absent, Kind: it.Kind, Schema: it.Schema, Body: it.Body, Index: it.Index, Expires: it.Expires}}
		}
		if err := db.Transact(s.Context(), tx); err != nil {
			return err
		}
	}
	return db.Close()
}

// open gives a copy of the file in a folder.
func (s *stage) open(dir string) (*sqlite.DB, error) {
	all, err := filepath.Glob(s.file + "*")
	if err != nil {
		return nil, err
	}
	for _, from := range all {
		b, err := os.ReadFile(from)
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(from)), b, 0o600); err != nil {
			return nil, err
		}
	}
	return sqlite.OpenScratch(filepath.Join(dir, filepath.Base(s.file)))
}

// user makes an account whose address is confirmed, and signs it in.
func (s *stage) user(name string, groups ...string) *apptest.Client {
	s.Helper()
	if groups == nil {
		groups = []string{"user"}
	}
	active := true
	uid, err := s.Accounts.CreateUser(s.Context(), account.NewUser{Username: name, Email: name + "@example.org", First: "Ada", Last: "Byron",
		Groups: groups, Active: &active, Password: apptest.Password})
	if err != nil {
		s.Fatal(err)
	}
	s.ids[name] = uid
	return s.signIn(name, name)
}

// signIn makes another session of somebody, and remembers it by a name.
func (s *stage) signIn(name, as string) *apptest.Client {
	s.Helper()
	c := s.SignIn(name)
	s.people[as] = person{c.Cookie("sessionid"), c.Cookie("csrftoken")}
	return c
}

// link is the first link of the newest mail of a kind to an address.
func (s *stage) link(email, kind string) string {
	s.Helper()
	return strings.TrimPrefix(s.Mail(email, kind).Links[0], s.URL)
}

// key is the secret in it.
func (s *stage) key(email, kind string) string {
	s.Helper()
	return apptest.Key(s.World, s.link(email, kind))
}
