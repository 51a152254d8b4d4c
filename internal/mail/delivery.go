package mail

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gatehouse/internal/store"
)

// The states of a delivery. A job that waits is queued and has no delivery yet.
const (
	Queuing    = "queued"
	Sent       = "sent"
	Failed     = "failed"
	Bounced    = "bounced"
	Complained = "complained"
)

// Delivery is what became of a message.
type Delivery struct {
	ID       string `json:"id"`
	Kind     string `json:"kind"`
	To       string `json:"to"`
	State    string `json:"state"`
	Attempts int    `json:"attempts"`
	Created  int64  `json:"created"` // Unix milliseconds
	Updated  int64  `json:"updated"`
	Carrier  string `json:"carrier,omitempty"` // the carrier's id of the message
	Error    string `json:"error,omitempty"`
}

// Deliveries is the delivery row, in a partition a day.
var Deliveries = store.Kind[Delivery]{Name: "mail-delivery", Schema: 1}

// keepFor is how long deliveries can be looked up.
const keepFor = 90 * 24 * time.Hour

func dayPK(t time.Time) string { return "DLV#" + t.UTC().Format("20060102") }

func delivered(now time.Time, j Job, m Message, state, carrier, cause string) store.Op {
	d := Delivery{ID: j.ID, Kind: m.Kind, To: m.To, State: state, Attempts: j.Attempts + 1, Created: j.Created, Updated: now.UnixMilli(), Carrier: carrier, Error: cause}
	return d.put(deliveryKey(j), store.Always)
}

// deliveryKey depends on the job alone, so a repeated delivery is one row.
func deliveryKey(j Job) store.Key {
	at := time.UnixMilli(j.Created)
	return store.Key{PK: dayPK(at), SK: store.TimeText(at) + "#" + j.ID}
}

func (d Delivery) put(k store.Key, c store.Cond) store.Op {
	op := Deliveries.Put(k, d, c).Until(time.UnixMilli(d.Created).Add(keepFor))
	if d.To == "" {
		return op
	}
	return op.In(store.ByRecipient, store.Key{PK: "TO#" + strings.ToLower(d.To), SK: k.SK})
}

// Tag is how a message names its delivery to the carrier, which sends it back in
// its reports: the time that the job was made and its id.
func Tag(created int64, id string) string {
	return store.TimeText(time.UnixMilli(created)) + "-" + id
}

// Report is a carrier's word about a message that it had accepted.
type Report struct {
	Tag   string
	State string // Bounced or Complained
	Cause string
}

// ParseTag reads what Tag made.
func ParseTag(tag string) (created int64, id string, ok bool) {
	ms, id, _ := strings.Cut(tag, "-")
	created, err := strconv.ParseInt(ms, 10, 64)
	ok = err == nil && len(id) > 0 && len(id) <= 64 && strings.Trim(id, "0123456789abcdefghijklmnopqrstuvwxyz") == "" && Tag(created, id) == tag
	return created, id, ok
}

// overdue is how long after its queuing a message may be without a delivery and
// still wait: its last attempt comes up to an hour after giveUp, and a worker
// needs time to come by.
const overdue = giveUp + 2*time.Hour

// StateOf is what became of the message that a job's Ref names. It reads one row.
// As long as none is recorded the answer is Queuing with ID and Created only, also
// for a message that nobody needed. After about a day without a row, when the
// row has expired, and for what is no reference, State is "".
func StateOf(ctx context.Context, t *store.Table, ref string) (Delivery, error) {
	created, id, ok := ParseTag(ref)
	if !ok {
		return Delivery{}, nil
	}
	items, err := t.Get(ctx, deliveryKey(Job{ID: id, Created: created}))
	if err != nil {
		return Delivery{}, err
	}
	if items[0].Exists() {
		return Deliveries.Of(items[0])
	}
	if t.Now().Sub(time.UnixMilli(created)) < overdue {
		return Delivery{ID: id, State: Queuing, Created: created}, nil
	}
	return Delivery{}, nil
}

// early is how long after its queuing a message may be reported on before its
// delivery is recorded.
const early = 15 * time.Minute

// Record notes a report. Reports may come twice and in any order: a complaint
// outranks a bounce. One for an unknown message is no error, because rows
// expire, unless the message is so new that the worker may be about to record
// it; then the answer is store.ErrUnavailable and the report should come again.
func Record(ctx context.Context, t *store.Table, r Report) error {
	created, id, ok := ParseTag(r.Tag)
	if !ok || rank(r.State) == 0 {
		return fmt.Errorf("mail: report %.20q with tag %.80q", r.State, r.Tag)
	}
	k := deliveryKey(Job{ID: id, Created: created})
	for range 5 {
		items, err := t.Get(ctx, k)
		if err != nil {
			return err
		}
		if !items[0].Exists() {
			if t.Now().Sub(time.UnixMilli(created)) < early {
				return fmt.Errorf("mail: %s is not recorded yet: %w", r.Tag, store.ErrUnavailable)
			}
			return nil
		}
		d, err := Deliveries.Of(items[0])
		if err != nil || rank(d.State) >= rank(r.State) {
			return err
		}
		d.State, d.Error, d.Updated = r.State, shorten(r.Cause, 200), t.Now().UnixMilli()
		err = t.Transact(ctx, d.put(k, items[0].At()))
		if _, lost := store.Conflict(err); !lost {
			return err
		}
	}
	return store.ErrUnavailable
}

// rank orders what carriers report by how much it says; 0 is nothing.
func rank(state string) int { return slices.Index([]string{Bounced, Complained}, state) + 1 }

// DayQuery lists the deliveries of mails that were queued on a day, newest first.
func DayQuery(day time.Time) store.Query { return store.Query{PK: dayPK(day), Reverse: true} }

// RecipientQuery lists the deliveries to an address, newest first.
func RecipientQuery(address string) store.Query {
	return store.Query{Index: store.ByRecipient, PK: "TO#" + strings.ToLower(address), Reverse: true}
}
