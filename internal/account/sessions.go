package account

import (
	"context"
	"slices"
	"time"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/list"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
)

// SessionView is a session as its owner sees it.
type SessionView struct {
	ID       string   `json:"id"`
	Kind     string   `json:"kind"` // cookie, bearer or token
	Created  api.Time `json:"created_date"`
	LastUsed api.Time `json:"last_used_date"`
	Expires  api.Time `json:"expiry_date"`
	Current  bool     `json:"current"`
	Network  string   `json:"network"`
	Agent    string   `json:"agent"`
}

// ListSessions lists the caller's live sessions, the last used first.
func (s *Service) ListSessions(ctx context.Context, who session.Caller, in api.ListRequest) (api.Listing[SessionView], error) {
	items, err := s.Table.All(ctx, store.Query{PK: session.UserPK(who.UID), Prefix: "S#"}, 500)
	if err != nil {
		return api.Listing[SessionView]{}, err
	}
	now := api.From(ctx).Now
	own, _ := who.SessionKey()
	var rows []SessionView
	for _, it := range items {
		row, err := session.Sessions.Of(it)
		if err != nil {
			return api.Listing[SessionView]{}, err
		}
		if !row.Alive(who.Authority, now) {
			continue
		}
		sid, _ := session.IsSession(it.Key)
		rows = append(rows, SessionView{ID: sid, Kind: row.Kind, Created: api.UnixTime(row.Created), LastUsed: api.UnixTime(row.Seen),
			Expires: api.Time(row.Ends()), Current: it.Key == own, Network: row.Network, Agent: row.Agent})
	}
	slices.SortFunc(rows, func(a, b SessionView) int { return time.Time(b.LastUsed).Compare(time.Time(a.LastUsed)) })
	return pageOf(s.Settings.Site.BaseURL+"/api/auth/sessions", in, rows)
}

// pageOf is a page of a small list that is in order already.
func pageOf[T any](base string, in api.ListRequest, rows []T) (api.Listing[T], error) {
	type numbered struct {
		n int
		v T
	}
	spec := list.Spec[numbered]{ID: func(r numbered) list.Value { return list.OfInt(int64(r.n)) }, Default: "id"}
	all := make([]numbered, len(rows))
	for i, r := range rows {
		all[i] = numbered{i, r}
	}
	page, l, err := api.List[numbered, T](base, spec, all, in)
	for _, r := range page.Rows {
		l.Results = append(l.Results, r.v)
	}
	return l, err
}

// SessionRequest names one of the caller's sessions.
type SessionRequest struct {
	ID string `path:"id"`
}

// EndSession ends one of the caller's sessions. Those of others do not exist.
func (s *Service) EndSession(ctx context.Context, who session.Caller, in SessionRequest) (struct{}, error) {
	missing := fault.NotFound("Session")
	if len(in.ID) > 64 {
		return struct{}{}, missing
	}
	at := session.Key(who.UID, in.ID)
	items, err := s.Table.Get(ctx, at)
	if err != nil {
		return struct{}{}, err
	}
	row, err := session.Sessions.Of(items[0])
	if err != nil {
		return struct{}{}, err
	}
	if row.Epoch > who.Epoch {
		return struct{}{}, &store.ConflictError{} // everything of before has ended meanwhile, the caller's too
	}
	if !row.Alive(who.Authority, api.From(ctx).Now) {
		return struct{}{}, missing
	}
	ops := []store.Op{store.Delete(at, items[0].At()), auditRow(ctx, "session.end", who.UID, who.UID, map[string]string{"session": in.ID})}
	if own, ok := who.SessionKey(); ok && own != at { // two that end each other: one wins
		ops = append(ops, store.Check(own, who.SessionAt()))
	}
	if row.Kind == session.KindToken {
		a := who.Authority
		raiseToken(&a)
		ops = append(ops, session.Authorities.Put(session.AuthorityKey(who.UID), a, who.AuthorityAt()))
	}
	return struct{}{}, s.Table.Transact(ctx, ops...)
}

// EndOthers ends all sessions of the caller but the one that asks, and the token
// key. It is one write, however many there are.
func (s *Service) EndOthers(ctx context.Context, who session.Caller, _ struct{}) (struct{}, error) {
	if api.Prior(ctx, &registered{}) {
		return struct{}{}, nil
	}
	a := who.Authority
	endEverything(&a, api.From(ctx).Now)
	ops := []store.Op{
		session.Authorities.Put(session.AuthorityKey(who.UID), a, who.AuthorityAt()),
		auditRow(ctx, "session.end_others", who.UID, who.UID, nil),
	}
	if at, ok := who.SessionKey(); ok && who.Kind != session.CredToken {
		row := who.Session
		row.Epoch = a.Epoch
		ops = append(ops, row.Put(at, who.SessionAt()))
	}
	return struct{}{}, s.Table.Transact(ctx, append(ops, api.Done(ctx, registered{UID: who.UID})...)...)
}
