package org

import (
	"context"
	"strconv"

	"gatehouse/internal/api"
	"gatehouse/internal/audit"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
)

// RecordsRequest are the parameters of an organization's audit log.
type RecordsRequest struct {
	ID     int64  `path:"id"`
	Cursor string `query:"cursor"`
	Size   string `query:"page_size"`
	Actor  string `query:"actor"`
	Action string `query:"action"`
	Since  string `query:"since"`
	Until  string `query:"until"`
}

// Near implements api.Near.
func (r RecordsRequest) Near(uid int64) []store.Key { return near(r.ID, uid) }

// RecordView is an event of an organization as people see it.
type RecordView struct {
	At      api.Time                `json:"at"`
	Action  string                  `json:"action"`
	Actor   *int64                  `json:"actor"`      // user id; null: nobody who had signed in
	Name    *string                 `json:"actor_name"` // the actor's user name today; null: the account is no more
	Target  *int64                  `json:"target"`     // user id; null: no person
	Object  string                  `json:"object"`     // e.g. "membership:123"
	Network string                  `json:"network"`
	Agent   string                  `json:"agent"`
	Request string                  `json:"request"`
	Detail  map[string]string       `json:"detail"`
	Changes map[string]audit.Change `json:"changes"`
}

// Records lists what was done in an organization, newest first.
func (s *Service) Records(ctx context.Context, who session.Caller, in RecordsRequest) (api.CursorPage[RecordView], error) {
	none := api.CursorPage[RecordView]{}
	f, err := s.find(ctx, who, "audit")
	if err != nil {
		return none, err
	}
	q := store.Query{PK: audit.OrgPK(f.ID), Reverse: true}
	if err := (api.Cursor{Size: in.Size, Since: in.Since, Until: in.Until}).Bound(&q); err != nil {
		return none, err
	}
	scope := "organization audit " + idText(f.ID) + strconv.Quote(in.Actor) + strconv.Quote(in.Action)
	page, err := api.ReadPage(ctx, api.Paging{Table: s.Table, Secrets: s.Secrets}, q, scope, in.Cursor, func(it store.Item) (RecordView, bool, error) {
		e, err := audit.Events.Of(it)
		keep := (in.Action == "" || e.Action == in.Action) && (in.Actor == "" || in.Actor == idText(e.Actor))
		return record(e), keep, err
	})
	if err != nil {
		return none, err
	}
	return page, s.nameActors(ctx, page.Results)
}

func record(e audit.Event) RecordView {
	v := RecordView{At: millis(e.At), Action: e.Action, Object: e.Object, Network: e.Network, Agent: e.Agent, Request: e.Request, Detail: e.Detail, Changes: e.Changes}
	if e.Actor != 0 {
		v.Actor = &e.Actor
	}
	if e.Target != 0 {
		v.Target = &e.Target
	}
	if v.Detail == nil {
		v.Detail = map[string]string{}
	}
	if v.Changes == nil {
		v.Changes = map[string]audit.Change{}
	}
	return v
}

func (s *Service) nameActors(ctx context.Context, records []RecordView) error {
	var uids []int64
	for _, r := range records {
		if r.Actor != nil {
			uids = append(uids, *r.Actor)
		}
	}
	people, err := s.Profiles(ctx, uids)
	if err != nil {
		return err
	}
	for i, r := range records {
		if r.Actor == nil {
			continue
		}
		if p := people[*r.Actor]; p.UID != 0 {
			records[i].Name = &p.Username
		}
	}
	return nil
}
