package invite

import (
	"context"
	"encoding/json"
	"time"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
	"gatehouse/internal/token"
)

// BatchRequest invites many at once: a list of {"email", "role"}.
type BatchRequest struct {
	api.Late
	Invitations json.RawMessage `json:"invitations" rule:"required"`
}

// Near implements api.Near.
func (BatchRequest) Near(uid int64) []store.Key { return []store.Key{profile.Key(uid)} }

// Results say of each row what became of it, in the order of the request.
type Results struct {
	Results []Result `json:"results"`
}

// Result is what became of one row.
type Result struct {
	Email      string        `json:"email"`
	Status     string        `json:"status"` // "created" or "error"
	Invitation *View         `json:"invitation,omitempty"`
	Errors     *fault.Fields `json:"errors,omitempty"`
}

// batch is what a request left behind for its repetition: not its answer, but what
// the keys of its invitations are derived from.
type batch struct {
	Seed string `json:"seed"`
}

// marks remember for a day that a row of a batch was done, whatever became of its
// invitation: a repetition must not invite somebody again who has declined.
var marks = store.Kind[made]{Name: "invitation-made", Schema: 1}

const keepMarks = 25 * time.Hour // longer than the record of the request

func markKey(key string) store.Key { return store.Key{PK: "IDEM#invitation#" + key, SK: "I"} }

// Batch invites up to a hundred people. Every row is a transaction of its own, and
// one that is wrong spoils no other. With an Idempotency-Key a repetition completes
// what was cut off and answers the same for what was done.
func (s *Service) Batch(ctx context.Context, who session.Caller, in BatchRequest) (Results, error) {
	v := api.WorkspaceOf(ctx).Org
	if err := mayInvite(ctx, who, v, ""); err != nil {
		return Results{}, err
	}
	if v == nil {
		return Results{}, noOrganization()
	}
	rows, err := in.rows()
	if err != nil {
		return Results{}, err
	}
	me, err := profile.Profiles.Of(api.NearOf(ctx)[0])
	if err != nil {
		return Results{}, err
	}
	seed, job, err := s.begin(ctx)
	if err != nil {
		return Results{}, err
	}
	job.who, job.view, job.me = who, *v, me
	out := Results{make([]Result, 0, len(rows))}
	for n, r := range rows {
		if r.draft.email != "" {
			r.draft.key = rowKey(seed, v.ID, r.draft.email, n)
		}
		res, err := s.row(ctx, &job, r)
		if err != nil {
			return Results{}, err
		}
		out.Results = append(out.Results, res)
	}
	return out, nil
}

// begin gives what the keys of a batch are derived from: that of an earlier request
// with the same Idempotency-Key, or a new one, which is kept before anything is done.
func (s *Service) begin(ctx context.Context) (seed string, job bulk, err error) {
	var b batch
	if job.again = api.Prior(ctx, &b); !job.again {
		b.Seed = token.Seed()
	}
	record := api.Done(ctx, b)
	job.marked = len(record) > 0
	if job.marked && !job.again {
		err = s.Table.Transact(ctx, record...)
	}
	return b.Seed, job, err
}

// bulk is a batch at work.
type bulk struct {
	who           session.Caller
	view          tenant.View // as of the newest read
	me            profile.Profile
	marked, again bool
	done          bool // of some row
}

// renew reads again what the rows are decided on.
func (s *Service) renew(ctx context.Context, b *bulk) error {
	who, view, err := s.again(ctx, b.view.ID, b.who)
	if err == nil {
		b.who, b.view = who, view
	}
	return err
}

// ends reports whether the whole batch is answered with what came of reading again. If
// the organization is gone by then, of what was done before is told all the same.
func (b *bulk) ends(err error) bool {
	_, torn := store.Conflict(err)
	return !torn && !(b.done && fault.Of(err).Status == 404)
}

// row does one row. An error is one of the installation, and ends the batch.
func (s *Service) row(ctx context.Context, b *bulk, r row) (Result, error) {
	res := Result{Email: r.email, Status: "error"}
	if r.bad.Err() != nil {
		res.Errors = &r.bad
		return res, nil
	}
	if b.marked {
		r.draft.also = []store.Op{marks.Put(markKey(r.draft.key), made{r.draft.key}, store.Absent).Until(api.From(ctx).Now.Add(keepMarks))}
	}
	var err error
	for n := range attempts {
		if n > 0 {
			if err = s.renew(ctx, b); err != nil && b.ends(err) {
				return res, err
			}
		}
		if err == nil {
			res.Invitation, err = s.try(ctx, b, r.draft, b.again || n > 0)
		}
		if _, lost := store.Conflict(err); !lost {
			break
		}
	}
	if err == nil {
		res.Status, b.done = "created", true
		return res, nil
	}
	res.Errors, err = explain(err)
	return res, err
}

// try does one row, once. look says that it may have been done before.
func (s *Service) try(ctx context.Context, b *bulk, d draft, look bool) (*View, error) {
	if b.marked && look {
		items, err := s.Table.Get(ctx, markKey(d.key))
		if err != nil {
			return nil, err
		}
		if items[0].Exists() {
			views, err := s.views(ctx, d.key)
			if err != nil || len(views) == 0 {
				return nil, err
			}
			return &views[0], nil
		}
	}
	if err := mayInvite(ctx, b.who, &b.view, d.role); err != nil {
		return nil, err
	}
	v, err := s.invite(ctx, b.who, b.view, b.me, d)
	if err != nil {
		return nil, err
	}
	return &v, nil
}

// explain says of a row what is wrong with it. What is wrong with the installation
// is an error.
func explain(err error) (*fault.Fields, error) {
	var bad fault.Fields
	if _, lost := store.Conflict(err); lost {
		bad.Add(fault.NonField, "The service is busy. Try again in a moment.")
		return &bad, nil
	}
	f := fault.Of(err)
	if f.Status >= 500 {
		return nil, err
	}
	switch body := f.Body.(type) {
	case *fault.Fields:
		return body, nil
	case []string:
		bad.Add(fault.NonField, body...)
	default:
		name := fault.NonField
		if f.Status == 403 {
			name = "role"
		}
		bad.Add(name, f.Detail)
	}
	return &bad, nil
}
