package web_test

import (
	"context"
	"encoding/json"
	"strings"

	"gatehouse/internal/api"
	"gatehouse/internal/invite"
	"gatehouse/internal/mail"
	"gatehouse/internal/org"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
	"gatehouse/internal/web"
)

// open makes the operations of organizations and invitations, and the pages.
func (s *site) open(g *api.Gate) mail.Compose {
	a := s.accounts
	orgs := &org.Service{Table: a.Table, Secrets: a.Secrets, Log: a.Log, Settings: org.Settings{Site: a.Settings.Site, Transfer: true}}
	s.orgs, s.gate = orgs, g
	i := &invite.Service{Table: a.Table, Secrets: a.Secrets, Limits: a.Limits, Orgs: orgs, Policy: g.Policy, Log: a.Log, Find: a.Find,
		Settings: invite.Settings{Site: a.Settings.Site, Confirm: true}}
	a.Invitations = i
	s.offices = orgs.Routes(g)
	for key, h := range i.Routes(g) {
		s.offices[key] = h
	}
	key := func(key string) invite.KeyRequest { return invite.KeyRequest{Key: key} }
	compose := func(ctx context.Context, j mail.Job) (*mail.Message, error) {
		if invite.Composes(j.Kind) {
			return i.Compose(ctx, j)
		}
		return a.Compose(ctx, j)
	}
	s.serve(web.Invitations{Named: orgs.Named, Proven: i.Proven, Accept: web.Answering(i.Accept, key), Decline: web.Answering(i.Decline, key)})
	return compose
}

// serve makes the pages, by what the settings say now.
func (s *site) serve(i web.Invitations, accept ...func(context.Context, session.Caller, org.OwnershipRequest, []store.Op) (org.View, error)) {
	as := func(in org.OwnershipRequest) org.OwnershipRequest { return in }
	accept = append(accept, s.orgs.TakeOver)
	s.pages = web.New(s.accounts, i, web.Organizations{Transfer: s.orgs.Settings.Transfer, Named: s.orgs.Named,
		TakeOver: accept[0], Drop: web.Answering(s.orgs.DropOffer, as)}, s.gate)
	s.routes = s.pages.Routes()
}

// office is an organization whose owner acts through the API.
type office struct {
	*site
	slug  string
	id    int64
	owner session.Caller
}

// found makes an organization of whoever has signed in with a browser.
func (s *site) found(b *browser, slug, name string) *office {
	s.Helper()
	o := &office{site: s, slug: slug, owner: s.caller(b)}
	o.id = int64(o.call("POST /api/organizations", "", map[string]any{"slug": slug, "name": name})["id"].(float64))
	return o
}

// call runs an operation as the owner.
func (o *office) call(route, key string, in any) map[string]any {
	o.Helper()
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			o.Fatal(err)
		}
	}
	method, path, _ := strings.Cut(route, " ")
	r := &api.Request{ID: "r2", Method: method, Route: route, Path: path, Body: body, SourceIP: "203.0.113.8", Params: map[string]string{"key": key},
		Header:     map[string]string{"content-type": "application/json", "x-organization": o.slug},
		Authorizer: session.Ticket{Kind: session.CredBasic, UID: o.owner.UID, SID: "1"}.Context()}
	if route == "POST /api/organizations" {
		delete(r.Header, "x-organization")
	}
	res := o.offices[route].Serve(o.Context(), r)
	if res.Status >= 300 {
		o.Fatalf("%s: %d %s", route, res.Status, res.Body)
	}
	out := map[string]any{}
	if len(res.Body) > 0 {
		if err := json.Unmarshal(res.Body, &out); err != nil {
			o.Fatal(err)
		}
	}
	return out
}

// invite invites an address and gives the key of the invitation, and the path that
// its mail leads to.
func (o *office) invite(email string) (key, link string) {
	o.Helper()
	key = o.call("POST /api/invitations", "", map[string]any{"email": email, "role": "worker"})["key"].(string)
	return key, o.mailed(mail.KindInvitation, email)
}

func (o *office) withdraw(key string) {
	o.Helper()
	o.call("DELETE /api/invitations/{key}", key, nil)
}

// role is what somebody is in the organization; "" is nothing.
func (o *office) role(uid int64) string {
	o.Helper()
	items, err := o.accounts.Table.Get(o.Context(), tenant.MemberKey(uid, o.id))
	if err != nil {
		o.Fatal(err)
	}
	m, err := tenant.Members.Of(items[0])
	if err != nil {
		o.Fatal(err)
	}
	return m.Role
}

// limit sets how many seats there are.
func (o *office) limit(seats int64) {
	o.Helper()
	items, err := o.accounts.Table.Get(o.Context(), tenant.Key(o.id))
	if err != nil {
		o.Fatal(err)
	}
	st, err := tenant.States.Of(items[0])
	if err != nil {
		o.Fatal(err)
	}
	st.Seats = seats
	if err := o.accounts.Table.Transact(o.Context(), tenant.States.Put(items[0].Key, st, items[0].At())); err != nil {
		o.Fatal(err)
	}
}

// kept is the invitation as the store has it; zero if it is gone.
func (o *office) kept(key string) org.Invitation {
	o.Helper()
	items, err := o.accounts.Table.Get(o.Context(), org.InvitationKey(key))
	if err != nil {
		o.Fatal(err)
	}
	i, err := org.Invitations.Of(items[0])
	if err != nil {
		o.Fatal(err)
	}
	return i
}

// dump is the content of the store as text.
func (s *site) dump() string {
	s.Helper()
	var b strings.Builder
	if err := s.db.Dump(s.Context(), &b); err != nil {
		s.Fatal(err)
	}
	return b.String()
}
