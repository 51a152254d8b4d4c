// Package mail owns every message that the product sends.
//
// A request never sends: it queues a Job in the transaction of its change. A
// worker takes due jobs, asks the domain to compose the message (only then is it
// decided what, or whether, to send), hands it to a Sender, and records the
// delivery in the transaction that removes the job:
//
//	operation ─Queue→ OUT#shard ─lease→ Compose → Sender → DLV#day
//
// Delivery is at least once: a worker that dies between sending and recording
// sends again, with the same id and the same links.
package mail

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"gatehouse/internal/store"
	"gatehouse/internal/token"
)

// Job is a message that is to be composed and sent.
type Job struct {
	ID       string            `json:"id"`
	Kind     string            `json:"kind"`
	Args     map[string]string `json:"args"`
	Created  int64             `json:"created"` // Unix milliseconds
	Attempts int               `json:"attempts,omitempty"`
	Leased   int64             `json:"leased,omitempty"` // until, Unix milliseconds
	Error    string            `json:"error,omitempty"`
}

// Jobs is the outbox row.
var Jobs = store.Kind[Job]{Name: "mail-job", Schema: 1}

// shards spread the outbox over partitions; a worker looks at all of them.
const shards = 8

// OutboxPrefix begins the partition key of every job; the stream's filter uses it.
const OutboxPrefix = "OUT#"

// A worker's hold on a job outlasts the work and the record of it, so that two
// workers carry out one job only if the first was stopped in the middle.
const (
	leaseFor  = 60 * time.Second
	workFor   = 30 * time.Second // to compose and to send
	recordFor = 5 * time.Second
	giveUp    = 24 * time.Hour
)

// Queue writes a job, due at once. Use NewJob to keep a reference to it.
func Queue(now time.Time, kind string, args map[string]string) store.Op {
	return NewJob(now, kind, args).Op()
}

// NewJob makes a job that is due at once. Nothing is sent before its Op is written.
func NewJob(now time.Time, kind string, args map[string]string) Job {
	return Job{ID: token.ID(), Kind: kind, Args: args, Created: now.UnixMilli()}
}

// Op writes a new job. It fails if the job was written before and still waits
// for its first attempt.
func (j Job) Op() store.Op {
	return Jobs.Put(j.key(time.UnixMilli(j.Created)), j, store.Absent)
}

// Ref is a short text that names the message, the same through all attempts. It
// is the Tag of the message, and what StateOf takes.
func (j Job) Ref() string { return Tag(j.Created, j.ID) }

func (j Job) key(due time.Time) store.Key {
	return store.Key{PK: OutboxPrefix + strconv.Itoa(int(j.ID[0])%shards), SK: store.TimeText(due) + "#" + j.ID}
}

// Message is what goes to one address.
type Message struct {
	ID      string   `json:"id"`  // stable over repetitions
	Tag     string   `json:"tag"` // names the delivery to the carrier, see Tag
	Kind    string   `json:"kind"`
	From    string   `json:"from"`
	To      string   `json:"to"`
	Subject string   `json:"subject"`
	Text    string   `json:"text"`
	HTML    string   `json:"html"`
	Links   []string `json:"links"`
}

// ErrRejected is the sender's word that this message will never be accepted.
var ErrRejected = errors.New("mail: rejected")

// Sender hands a message to whoever carries it. It may be called twice for one
// message. It answers with the carrier's id, ErrRejected, or an error to retry.
type Sender interface {
	Send(ctx context.Context, m Message) (carrierID string, err error)
}

// Compose makes the message of a job; nil means that there is nothing to send.
type Compose func(ctx context.Context, j Job) (*Message, error)

// Queued lists jobs that wait, oldest first in each shard, at most max of them.
func Queued(ctx context.Context, t *store.Table, max int) (jobs []Job, err error) {
	for s := range shards {
		q := store.Query{PK: OutboxPrefix + strconv.Itoa(s), Limit: min(max, 1000)}
		for len(jobs) < max {
			p, err := t.Query(ctx, q)
			if err != nil {
				return nil, fmt.Errorf("outbox: %w", err)
			}
			for _, it := range p.Items {
				j, err := Jobs.Of(it)
				if err != nil {
					return nil, err
				}
				jobs = append(jobs, j)
			}
			if p.Next == (store.Place{}) {
				break
			}
			q.After = p.Next
		}
	}
	return jobs[:min(len(jobs), max)], nil
}
