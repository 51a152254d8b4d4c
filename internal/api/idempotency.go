package api

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"gatehouse/internal/fault"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/token"
)

// idempotency is an Idempotency-Key of one request: where it is kept, what the
// request was, and what a first one left behind.
type idempotency struct {
	key   store.Key
	hash  string
	at    store.Cond
	prior json.RawMessage
}

// record is what is kept of a request with a key: a hash of it and the ids that
// it made, from which the answer is rendered again. It holds no answer.
type record struct {
	Hash string          `json:"hash"`
	IDs  json.RawMessage `json:"ids"`
}

var records = store.Kind[record]{Name: "idempotency", Schema: 1}

const keepRecords = 24 * time.Hour

func (g *Gate) openIdempotency(ctx context.Context, r *Request, c session.Caller, j *judging) (*idempotency, error) {
	key, sent := r.Header["idempotency-key"]
	if !sent {
		return nil, nil
	}
	if key == "" || len(key) > 255 {
		return nil, fault.New(400, "invalid_idempotency_key", "Idempotency-Key must have 1 to 255 characters.")
	}
	k, err := g.Secrets.Keys(ctx)
	if err != nil {
		return nil, fault.Unavailable(err)
	}
	who := strconv.FormatInt(c.UID, 10)
	i := &idempotency{
		key: store.Key{PK: "IDEM#" + token.Hash("idempotency", who+" "+r.Route+" "+key), SK: "R"},
		// Keyed: the body may hold a password, and a plain hash of one could be searched for.
		hash: token.Hash("request", string(k.MAC("idempotency", string(r.Body), r.Path, j.where()))),
	}
	items, err := g.Table.Get(ctx, i.key)
	if err != nil {
		return nil, fault.Unavailable(err)
	}
	rec, err := records.Of(items[0])
	if err != nil {
		return nil, err
	}
	if items[0].Exists() && rec.Hash != i.hash {
		return nil, fault.New(422, "idempotency_key_reused", "This Idempotency-Key was used with another request.")
	}
	i.at, i.prior = items[0].At(), rec.IDs
	return i, nil
}

// overtaken is the error of an operation, or a conflict if the same request, sent at
// the same time, was carried out after this one looked for it: what this one was
// refused for may be that.
func (g *Gate) overtaken(ctx context.Context, i *idempotency, refused error) error {
	if refused == nil || fault.Of(refused).Status >= 500 || i == nil || i.prior != nil {
		return refused
	}
	items, err := g.Table.Get(ctx, i.key)
	if err != nil {
		return fault.Unavailable(err)
	}
	rec, err := records.Of(items[0])
	if err != nil {
		return err
	}
	if rec.Hash == i.hash {
		return &store.ConflictError{}
	}
	return refused
}

// where names the workspace of a request: the same request in another is another.
func (j *judging) where() string {
	switch {
	case j == nil || !j.workspace.Named:
		return ""
	case j.workspace.Org == nil:
		return "personal"
	}
	return strconv.FormatInt(j.workspace.Org.ID, 10)
}

// Prior reads into ids what an earlier request with the same Idempotency-Key
// made, and reports whether there was one. The operation then renders its answer
// from them and changes nothing.
func Prior(ctx context.Context, ids any) bool {
	i := From(ctx).idem
	return i != nil && i.prior != nil && json.Unmarshal(i.prior, ids) == nil
}

// Done is the write, if any, that remembers this request by the ids that it made.
// It belongs into the transaction of the change.
func Done(ctx context.Context, ids any) []store.Op {
	m := From(ctx)
	if m.idem == nil {
		return nil
	}
	b, err := json.Marshal(ids)
	if err != nil {
		panic(err) // ids are plain structs
	}
	return []store.Op{records.Put(m.idem.key, record{m.idem.hash, b}, m.idem.at).Until(m.Now.Add(keepRecords))}
}
