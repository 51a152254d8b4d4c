package check

import (
	"time"

	"gatehouse/internal/account"
	"gatehouse/internal/mail"
	"gatehouse/internal/org"
	"gatehouse/internal/plan"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
	"gatehouse/internal/workspace"
)

// rules are those of each kind. A kind with none promises nothing about others:
// what has happened outlives whom it happened to, and limits exist for names that
// do not.
var rules = map[string]func(*view) error{
	session.Authorities.Name:      of(session.Authorities, authority),
	profile.Profiles.Name:         of(profile.Profiles, ofProfile),
	account.Rows.Claims.Name:      of(account.Rows.Claims, claim),
	account.Rows.Pendings.Name:    of(account.Rows.Pendings, pending),
	account.Rows.Roster.Name:      of(account.Rows.Roster, userRow),
	account.Rows.Identities.Name:  of(account.Rows.Identities, identity),
	account.Rows.Dues.Name:        of(account.Rows.Dues, dueErasure),
	account.Rows.Tickets.Name:     of(account.Rows.Tickets, func(*view, account.Ticket) {}),
	session.Sessions.Name:         of(session.Sessions, ofSession),
	session.TokenKeys.Name:        of(session.TokenKeys, tokenKey),
	session.AccessTokens.Name:     of(session.AccessTokens, accessToken),
	session.Pointers.Name:         of(session.Pointers, tokenPointer),
	"credential":                  belongs,
	"last-login":                  belongs,
	"access-token-guard":          belongs,
	tenant.States.Name:            of(tenant.States, state),
	tenant.Claims.Name:            of(tenant.Claims, slug),
	tenant.Offers.Name:            of(tenant.Offers, offer),
	tenant.Members.Name:           of(tenant.Members, member),
	tenant.Opens.Name:             of(tenant.Opens, open),
	org.Rows.Descriptions.Name:    of(org.Rows.Descriptions, described),
	"organization-count":          counted,
	"owned-count":                 counted,
	"joined-count":                counted,
	org.Rows.List.Name:            of(org.Rows.List, orgRow),
	org.Pointers.Name:             of(org.Pointers, pointer),
	org.MemberRows.Name:           of(org.MemberRows, memberRow),
	org.Invitations.Name:          of(org.Invitations, invitation),
	org.InviteRows.Name:           of(org.InviteRows, inviteRow),
	org.Senders.Name:              of(org.Senders, sender),
	org.DueInvitations.Name:       of(org.DueInvitations, dueInvitation),
	org.Rows.DueOrgs.Name:         of(org.Rows.DueOrgs, dueOrg),
	org.Rows.DueNames.Name:        of(org.Rows.DueNames, func(v *view, d org.Due) { v.ofAccount(d.ID) }),
	mail.Jobs.Name:                of(mail.Jobs, job),
	mail.Deliveries.Name:          nil,
	workspace.Projects.Name:       of(workspace.Projects, project),
	workspace.Tasks.Name:          of(workspace.Tasks, task),
	workspace.Jobs.Name:           of(workspace.Jobs, ofJob),
	workspace.Clouds.Name:         of(workspace.Clouds, cloud),
	workspace.Rows.Name:           of(workspace.Rows, workRow),
	workspace.Parts.Name:          of(workspace.Parts, workPart),
	workspace.Records.Stakes.Name: of(workspace.Records.Stakes, workStake),
	workspace.Records.Dues.Name:   of(workspace.Records.Dues, workDue),
	workspace.Records.Marks.Name:  nil,
	workspace.Records.Count:       counted,
	plan.Rows.Name:                of(plan.Rows, planned),
	"audit":                       nil,
	"audit-link":                  nil,
	"audit-head":                  nil,
	"audit-chain":                 nil,
	"audit-total":                 nil,
	"signing-turn":                nil,
	"idempotency":                 nil,
	"invitation-made":             nil,
	"limit":                       nil,
	"limit-count":                 nil,
	"mailbox-mail":                nil,
	"signing-key":                 nil,
	"tx":                          nil,
}

// belongs is for what an account has in its partition and nobody else knows.
func belongs(v *view) error {
	v.owned()
	return nil
}

// described is the description of an organization.
func described(v *view, _ org.Description) {
	if id, ok := number(v.self.PK, "ORG#"); ok {
		v.ofOrg(id)
	}
}

// counted is a counter, of an organization or of an account.
func counted(v *view) error {
	if id, ok := number(v.self.PK, "ORG#"); ok {
		v.ofOrg(id)
	} else if uid, ok := number(v.self.PK, "MEM#"); ok {
		v.ofAccount(uid)
	}
	if n := tenant.Count(v.self); n < 0 {
		v.report(Negative, "it counts %d", n)
	}
	return nil
}

// What is longer than the worker waits, with room for one that stands still and for
// clocks that differ.
const (
	longestWait  = 26 * time.Hour
	longestLease = 10 * time.Minute
	longestDelay = 2 * time.Hour
)

func job(v *view, j mail.Job) {
	if made := time.UnixMilli(j.Created); v.now.Sub(made) > longestWait {
		v.report(Outbox, "a %s waits since %s", j.Kind, made.UTC().Format(time.RFC3339))
	}
	if until := time.UnixMilli(j.Leased); until.Sub(v.now) > longestLease {
		v.report(Outbox, "a worker holds it until %s", until.UTC().Format(time.RFC3339))
	}
	if v.self.SK > store.TimeText(v.now.Add(longestDelay)) {
		v.report(Outbox, "it is put off for too long")
	}
}
