package account

import (
	"context"
	"slices"
	"strings"
	"time"

	"gatehouse/internal/api"
	"gatehouse/internal/audit"
	"gatehouse/internal/fault"
	"gatehouse/internal/ident"
	"gatehouse/internal/mail"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
)

// CursorRequest are the parameters of a list that goes by cursor.
type CursorRequest struct {
	Cursor string `query:"cursor"`
	Size   string `query:"page_size"`
	Actor  string `query:"actor"`
	Action string `query:"action"`
	Since  string `query:"since"`
	Until  string `query:"until"`
	To     string `query:"to"`
	State  string `query:"state"`
}

// AuditView is an event as people see it.
type AuditView struct {
	At      api.Time          `json:"at"`
	Action  string            `json:"action"`
	Actor   *int64            `json:"actor"` // user id; null: nobody signed in, or the operator
	Network string            `json:"network"`
	Agent   string            `json:"agent"`
	Request string            `json:"request"`
	Detail  map[string]string `json:"detail"`
}

func (in CursorRequest) cursor() api.Cursor {
	return api.Cursor{Cursor: in.Cursor, Size: in.Size, Since: in.Since, Until: in.Until}
}

func (s *Service) paging() api.Paging { return api.Paging{Table: s.Table, Secrets: s.Secrets} }

// SelfAudit lists what happened to the caller's account, newest first.
func (s *Service) SelfAudit(ctx context.Context, who session.Caller, in CursorRequest) (api.CursorPage[AuditView], error) {
	q := store.Query{PK: audit.UserPK(who.UID), Reverse: true}
	if err := in.cursor().Bound(&q); err != nil {
		return api.CursorPage[AuditView]{}, err
	}
	scope := "audit " + uidText(who.UID) + " " + in.Actor + " " + in.Action
	return api.ReadPage(ctx, s.paging(), q, scope, in.Cursor, func(it store.Item) (AuditView, bool, error) {
		e, err := audit.Events.Of(it)
		keep := (in.Action == "" || e.Action == in.Action) && (in.Actor == "" || in.Actor == uidText(e.Actor))
		return viewEvent(e), keep, err
	})
}

func viewEvent(e audit.Event) AuditView {
	v := AuditView{At: api.Time(time.UnixMilli(e.At)), Action: e.Action, Network: e.Network, Agent: e.Agent, Request: e.Request, Detail: e.Detail}
	if e.Actor != 0 {
		v.Actor = &e.Actor
	}
	if v.Detail == nil {
		v.Detail = map[string]string{}
	}
	return v
}

// DeliveryView is a mail and what became of it.
type DeliveryView struct {
	ID       string   `json:"id"`
	Kind     string   `json:"kind"`
	To       string   `json:"to"` // "" while it waits: its recipient is decided when it is sent
	State    string   `json:"state"`
	Attempts int      `json:"attempts"`
	Created  api.Time `json:"created_date"`
	Updated  api.Time `json:"updated_date"`
	Error    string   `json:"error"`
}

var deliveryStates = []string{"", mail.Queuing, mail.Sent, mail.Failed, mail.Bounced, mail.Complained}

// Deliveries lists mails for administrators, newest first: those that wait
// (state=queued), those that went to an address (to=…), or those of a day
// (until=…, today if not given).
func (s *Service) Deliveries(ctx context.Context, who session.Caller, in CursorRequest) (api.CursorPage[DeliveryView], error) {
	var size store.Query
	if err := (api.Cursor{Size: in.Size}).Bound(&size); err != nil {
		return api.CursorPage[DeliveryView]{}, err
	}
	if !slices.Contains(deliveryStates, in.State) {
		return api.CursorPage[DeliveryView]{}, fault.Field("state", "Select a valid choice. "+strings.Join(deliveryStates[1:], ", ")+" are available.")
	}
	if in.State == mail.Queuing {
		return s.queued(ctx, size.Limit)
	}
	day, err := api.Moment("until", in.Until)
	if err != nil {
		return api.CursorPage[DeliveryView]{}, err
	}
	if day.IsZero() {
		day = api.From(ctx).Now
	}
	q := mail.DayQuery(day)
	if in.To != "" {
		e, err := ident.ParseEmail(in.To)
		if err != nil {
			return api.CursorPage[DeliveryView]{}, fault.Field("to", err.Error())
		}
		q = mail.RecipientQuery(e.String())
	}
	q.Limit = size.Limit
	return api.ReadPage(ctx, s.paging(), q, "deliveries "+uidText(who.UID)+" "+in.State, in.Cursor, func(it store.Item) (DeliveryView, bool, error) {
		d, err := mail.Deliveries.Of(it)
		return DeliveryView{ID: d.ID, Kind: d.Kind, To: d.To, State: d.State, Attempts: d.Attempts, Created: api.Time(time.UnixMilli(d.Created)),
			Updated: api.Time(time.UnixMilli(d.Updated)), Error: d.Error}, in.State == "" || in.State == d.State, err
	})
}

func (s *Service) queued(ctx context.Context, size int) (api.CursorPage[DeliveryView], error) {
	jobs, err := mail.Queued(ctx, s.Table, size)
	out := api.CursorPage[DeliveryView]{Results: []DeliveryView{}}
	for _, j := range jobs {
		at := api.Time(time.UnixMilli(j.Created))
		out.Results = append(out.Results, DeliveryView{ID: j.ID, Kind: j.Kind, State: mail.Queuing, Attempts: j.Attempts, Created: at, Updated: at, Error: j.Error})
	}
	return out, err
}

// Export is everything that is kept about a person.
type Export struct {
	User     User              `json:"user"`
	Sessions []SessionView     `json:"sessions"`
	Tokens   []AccessTokenView `json:"access_tokens"`
	Audit    []AuditView       `json:"audit"`
}

// maxExport bounds the audit events of an export; the list of them has the rest.
const maxExport = 5000

// ExportSelf gives the caller everything that is kept about them.
func (s *Service) ExportSelf(ctx context.Context, who session.Caller, _ struct{}) (Export, error) {
	u, err := s.Me(ctx, who)
	if err != nil {
		return Export{}, err
	}
	sessions, err := s.ListSessions(ctx, who, api.ListRequest{Query: "page_size=all"})
	if err != nil {
		return Export{}, err
	}
	tokens, err := s.usable(ctx, who)
	if err != nil {
		return Export{}, err
	}
	out := Export{User: u, Sessions: sessions.Results, Tokens: []AccessTokenView{}, Audit: []AuditView{}}
	for _, t := range slices.Backward(tokens) {
		out.Tokens = append(out.Tokens, s.view(t, u.Basic))
	}
	q := store.Query{PK: audit.UserPK(who.UID), Reverse: true, Limit: 500}
	for len(out.Audit) < maxExport {
		p, err := s.Table.Query(ctx, q)
		if err != nil {
			return out, err
		}
		for _, it := range p.Items {
			e, err := audit.Events.Of(it)
			if err != nil {
				return out, err
			}
			out.Audit = append(out.Audit, viewEvent(e))
		}
		if q.After = p.Next; q.After == (store.Place{}) {
			break
		}
	}
	return out, nil
}
