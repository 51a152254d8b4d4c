package web

import (
	"context"
	"strings"
	"time"
	"unicode"

	"gatehouse/internal/api"
	"gatehouse/internal/org"
	"gatehouse/internal/profile"
	"gatehouse/internal/session"
	"gatehouse/internal/tenant"
)

// Invitations is what the pages need of organizations and of invitations to them.
// Without Proven nobody is invited.
type Invitations struct {
	// Named reads the title of an organization.
	Named func(ctx context.Context, st tenant.State) (string, error)
	// Proven reports whether secret is the one that was mailed with the invitation
	// key to the address email, and the invitation is open.
	Proven func(ctx context.Context, key, secret, email string) (bool, error)

	Accept, Decline Answer[string]
}

// Answer runs an operation that answers what has a key: an invitation, or the offer
// of an organization.
type Answer[Key any] func(ctx context.Context, g *api.Gate, r *api.Request, who *session.Caller, once string, key Key) error

// Answering makes an Answer of an operation; in makes its input of a key.
func Answering[Key, In, Out any](op func(context.Context, session.Caller, In) (Out, error), in func(Key) In) Answer[Key] {
	return func(ctx context.Context, g *api.Gate, r *api.Request, who *session.Caller, once string, key Key) error {
		_, err := api.AttemptJudged(ctx, g, r, who, once, in(key), op)
		return err
	}
}

// flowInvitation carries the key of an invitation, and behind a blank the secret of
// its mail, unless the link came from elsewhere.
const flowInvitation = "invitation"

// pass is what a browser holds of an invitation.
type pass struct{ key, secret string }

// newPass takes up what may be a pass; anything else is one that opens nothing.
func newPass(key, secret string) pass {
	if !plainText(key, 64) || key == "" || !plainText(secret, maxSecret) {
		return pass{key: "-"}
	}
	return pass{key, secret}
}

func plainText(s string, most int) bool {
	return len(s) <= most && !strings.ContainsFunc(s, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.", r)
	})
}

// passOf reads the pass in the flow cookie; its key is "" if there is none.
func passOf(r *api.Request) pass {
	held := carried(r, flowInvitation)
	if held == "" {
		return pass{}
	}
	key, secret, _ := strings.Cut(held, " ")
	return newPass(key, secret)
}

func (t pass) flow() string { return strings.TrimSuffix(flowInvitation+" "+t.key+" "+t.secret, " ") }

// invited is an invitation as a visitor stands to it. Unless one of the last three
// holds, nothing is known of it.
type invited struct {
	org.Invitation
	slug, title, inviter string
	me                   profile.Profile // of the visitor; zero: has not signed in

	proven bool // it is open, and the visitor holds the secret of its mail
	mine   bool // it is open, and the visitor has confirmed the address that it went to
	joined bool // the visitor is a member by it
}

// invited finds out how a visitor stands to the invitation of a pass.
func (p *Pages) invited(ctx context.Context, r *api.Request, who *session.Caller, t pass) (invited, error) {
	return api.Attempt(ctx, p.gate, r, who, "", func(ctx context.Context, who *session.Caller) (invited, error) {
		uid := int64(0)
		if who != nil {
			uid = who.UID
		}
		return p.readInvited(ctx, t, uid)
	})
}

func (p *Pages) readInvited(ctx context.Context, t pass, uid int64) (i invited, err error) {
	table := p.accounts.Table
	items, err := table.Get(ctx, org.InvitationKey(t.key), profile.Key(uid))
	if err != nil {
		return i, err
	}
	if i.me, err = profile.Profiles.Of(items[1]); err != nil {
		return i, err
	}
	nothing := invited{me: i.me}
	if i.Invitation, err = org.Invitations.Of(items[0]); err != nil || i.Key == "" || p.invitations.Proven == nil {
		return nothing, err
	}
	if items, err = table.Get(ctx, tenant.Key(i.Org), tenant.MemberKey(uid, i.Org), profile.Key(i.Inviter)); err != nil {
		return nothing, err
	}
	v, err := tenant.Read(items[0], items[1])
	if err != nil || !v.Alive() {
		return nothing, err
	}
	sender, err := profile.Profiles.Of(items[2])
	if err != nil {
		return nothing, err
	}
	if err := p.stand(ctx, &i, t, v.Member); err != nil || !i.proven && !i.mine && !i.joined {
		return nothing, err
	}
	i.slug, i.inviter = v.Slug, sender.Username
	i.title, err = p.invitations.Named(ctx, v.State)
	return i, err
}

// stand decides what the visitor may know of an invitation. m is what they are in
// its organization.
func (p *Pages) stand(ctx context.Context, i *invited, t pass, m tenant.Member) (err error) {
	i.joined = m.ID != 0 && m.Invitation == i.Key
	if !i.Open(api.From(ctx).Now) {
		return nil
	}
	i.mine = i.me.UID != 0 && i.me.Verified && i.me.Email == i.Email
	if t.secret != "" {
		i.proven, err = p.invitations.Proven(ctx, i.Key, t.secret, i.Email)
	}
	return err
}

// inviteView is an invitation as it is shown. Others have chosen its words.
type inviteView struct {
	Org, Slug, Role, Inviter string
	Until                    string // for people
	At                       string // for programs
}

func (p *Pages) describeInvited(i invited) *inviteView {
	until := time.UnixMilli(i.Expires).UTC()
	return &inviteView{Org: tame(i.title), Slug: tame(i.slug), Role: tame(i.Role), Inviter: tame(i.inviter),
		Until: until.Format(p.text("time")), At: until.Format(time.RFC3339)}
}

// maxShown is how many characters of a name that somebody chose are shown.
const maxShown = 80

// tame makes a name that somebody else chose fit to be shown: one line of at most
// 80 characters, without controls, invisible characters and those that change the
// direction of writing.
func tame(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) || unicode.In(r, unicode.Cc, unicode.Z):
			return ' '
		case unicode.In(r, unicode.C, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > maxShown {
		s = string(r[:maxShown-1]) + "…"
	}
	return s
}

// masked is an address that its owner recognizes, and nobody else learns.
func masked(address string) string {
	local, domain, _ := strings.Cut(address, "@")
	if len(local) < 2 {
		return "…@" + domain
	}
	return local[:1] + "…@" + domain
}
