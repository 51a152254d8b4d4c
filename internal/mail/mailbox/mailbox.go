// Package mailbox keeps mails instead of sending them, so that people who
// develop, and tests, can read them and follow their links.
//
// Mails lie in the store and are still there after a restart. They hold live
// secrets: the package belongs to the local edition and is never part of a
// production deployment.
package mailbox

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"gatehouse/internal/mail"
	"gatehouse/internal/store"
)

// Mail is a message as the box shows it.
type Mail struct {
	ID      string   `json:"id"`
	To      string   `json:"to"`
	From    string   `json:"from"`
	Subject string   `json:"subject"`
	Text    string   `json:"text"`
	HTML    string   `json:"html"`
	Links   []string `json:"links"`
	SentAt  string   `json:"sent_at"` // e.g. 2026-11-23T07:40:42.996354Z
}

// Mails is the row of a mail.
var Mails = store.Kind[Mail]{Name: "mailbox-mail", Schema: 1}

const (
	partition  = "BOX"
	perAddress = "BOX#" // followed by the address, in the index of recipients
	keepFor    = 7 * 24 * time.Hour
	timeForm   = "2006-01-02T15:04:05.000000Z"

	// MaxShown is the largest number of mails that List answers with.
	MaxShown = 1000
)

// Box is a mail.Sender that keeps every mail for 7 days. It is safe for
// concurrent use.
type Box struct {
	table *store.Table

	mu   sync.Mutex
	fail func(mail.Message) error
}

var _ mail.Sender = (*Box)(nil)

// New makes a box that keeps its mails in a table.
func New(table *store.Table) *Box { return &Box{table: table} }

// Fail makes Send ask f first, and fail with its error without keeping the mail.
// It is for tests; nil ends it.
func (b *Box) Fail(f func(mail.Message) error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fail = f
}

// Send keeps a mail. A mail that comes again, with the same id, is kept once.
func (b *Box) Send(ctx context.Context, m mail.Message) (string, error) {
	b.mu.Lock()
	fail := b.fail
	b.mu.Unlock()
	if fail != nil {
		if err := fail(m); err != nil {
			return "", err
		}
	}
	if m.ID == "" {
		return "", errors.New("mailbox: a mail without id")
	}
	if !mail.OneAddress(m.To) {
		return "", mail.ErrRejected // as real carriers do
	}
	now := b.table.Now()
	row := Mail{
		ID: m.ID, To: m.To, From: m.From, Subject: m.Subject, Text: m.Text, HTML: m.HTML,
		Links: append([]string{}, m.Links...), SentAt: now.UTC().Format(timeForm),
	}
	k := place(m)
	op := Mails.Put(k, row, store.Always).Until(now.Add(keepFor)).
		In(store.ByRecipient, store.Key{PK: perAddress + strings.ToLower(m.To), SK: k.SK})
	return "mailbox-" + m.ID, b.table.Transact(ctx, op)
}

// place depends on the message alone, so that a repetition finds its place
// again. The tag begins with the time when the message was queued.
func place(m mail.Message) store.Key {
	if m.Tag == "" {
		return store.Key{PK: partition, SK: mail.Tag(0, m.ID)}
	}
	return store.Key{PK: partition, SK: m.Tag}
}

// List answers with at most limit mails, newest first, of all or, if to is not
// "", of those to one address.
func (b *Box) List(ctx context.Context, to string, limit int) ([]Mail, error) {
	q := store.Query{PK: partition, Reverse: true, Limit: MaxShown}
	if to != "" {
		q.Index, q.PK = store.ByRecipient, perAddress+strings.ToLower(to)
	}
	mails := []Mail{}
	err := b.each(ctx, q, func(m Mail) bool {
		mails = append(mails, m)
		return len(mails) < MaxShown
	})
	if err != nil {
		return nil, err
	}
	// The rows are in the order of queuing, which retries change.
	slices.SortStableFunc(mails, func(x, y Mail) int { return strings.Compare(y.SentAt, x.SentAt) })
	return mails[:min(len(mails), max(limit, 0))], nil
}

// find looks for one mail, from the newest on.
func (b *Box) find(ctx context.Context, id string) (found Mail, ok bool, err error) {
	err = b.each(ctx, store.Query{PK: partition, Reverse: true, Limit: 100}, func(m Mail) bool {
		if m.ID == id {
			found, ok = m, true
		}
		return !ok
	})
	return found, ok, err
}

// each hands the mails of a query to f until f has enough.
func (b *Box) each(ctx context.Context, q store.Query, f func(Mail) bool) error {
	for {
		p, err := b.table.Query(ctx, q)
		if err != nil {
			return err
		}
		for _, it := range p.Items {
			m, err := Mails.Of(it)
			if err != nil {
				return err
			}
			if !f(m) {
				return nil
			}
		}
		if p.Next == (store.Place{}) {
			return nil
		}
		q.After = p.Next
	}
}

// Empty removes all mails.
func (b *Box) Empty(ctx context.Context) error {
	q := store.Query{PK: partition, Limit: store.MaxOps}
	for {
		p, err := b.table.Query(ctx, q)
		if err != nil {
			return err
		}
		var ops []store.Op
		for _, it := range p.Items {
			ops = append(ops, store.Delete(it.Key, store.Always))
		}
		if len(ops) > 0 {
			if err := b.table.Transact(ctx, ops...); err != nil {
				return err
			}
		}
		if p.Next == (store.Place{}) {
			return nil
		}
		q.After = p.Next
	}
}
