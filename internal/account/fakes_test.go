package account_test

import (
	"context"
	"fmt"

	"gatehouse/internal/mail"
	"gatehouse/internal/profile"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// note is what a fake writes into a transaction.
type note struct {
	Text string `json:"text"`
}

var notes = store.Kind[note]{Name: "note", Schema: 1}

func noteKey(name string) store.Key { return store.Key{PK: "NOTE#" + name, SK: "N"} }

// noted is what a fake wrote last.
func (s *site) noted(name string) string {
	s.Helper()
	items, err := s.accounts.Table.Get(s.Context(), noteKey(name))
	if err != nil {
		s.Fatal(err)
	}
	n, err := notes.Of(items[0])
	if err != nil {
		s.Fatal(err)
	}
	return n.Text
}

// followers is a fake that notes names and state.
type followers struct {
	table *store.Table
	owned []string
	gone  []int64
	fail  error
	// kept is whether the profile was still there when an account was forgotten.
	kept bool
}

func (f *followers) Changed(_ context.Context, p profile.Profile, enabled bool) ([]store.Op, error) {
	text := fmt.Sprint(p.Username, " ", p.First, " ", enabled)
	return []store.Op{notes.Put(noteKey(fmt.Sprint(p.UID)), note{text}, store.Always)}, nil
}

func (f *followers) Owned(_ context.Context, uid int64) ([]string, store.Op, error) {
	return f.owned, tenant.OwnNone(uid), nil
}

func (f *followers) Forget(ctx context.Context, uid int64) error {
	items, err := f.table.Get(ctx, profile.Key(uid))
	if err != nil {
		return err
	}
	f.kept, f.gone = items[0].Exists(), append(f.gone, uid)
	return f.fail
}

// invitations is a fake with one invitation, whose key is "inv" and whose secret is
// "secret".
type invitations struct{ email string }

func (i *invitations) Proven(_ context.Context, key, secret, email string) (bool, error) {
	return key == "inv" && secret == "secret" && email == i.email, nil
}

func (i *invitations) Join(_ context.Context, key, _ string, p profile.Profile) ([]store.Op, error) {
	return []store.Op{notes.Put(noteKey(key), note{fmt.Sprint(p.UID, " ", p.Email)}, store.Absent)}, nil
}

// box keeps what is mailed.
type box struct{ list []mail.Message }

// Send implements mail.Sender.
func (b *box) Send(_ context.Context, m mail.Message) (string, error) {
	b.list = append(b.list, m)
	return "carrier-" + m.ID, nil
}
