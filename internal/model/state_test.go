package model

import (
	"strings"
	"time"
)

// How long things last, as the specification has it.
const (
	confirmLife = 24 * time.Hour
	remailAfter = 3 * time.Minute
	resetLife   = 20 * time.Minute
	changeLife  = time.Hour
	undoLife    = 7 * 24 * time.Hour
	graceLife   = 30 * 24 * time.Hour
	idleLife    = 7 * 24 * time.Hour
	fullLife    = 30 * 24 * time.Hour
	noteEvery   = time.Hour
	jwtLife     = 5 * time.Minute
	freshLife   = 5 * time.Minute
	sameRefresh = 30 * time.Second
	renewKey    = 24 * time.Hour
	staleToken  = 180 * 24 * time.Hour
	noteToken   = 2 * time.Hour
	inviteLife  = 7 * 24 * time.Hour
	offerLife   = 7 * 24 * time.Hour
)

// What an account can be.
const (
	active   = "active"
	disabled = "disabled"
	leaving  = "leaving"
	erased   = "erased"
)

// state is everything that the model knows.
type state struct {
	now     time.Time
	users   []*user
	waiting []*registration
	latest  map[string]*registration // by address, until it is confirmed
	orgs    []*org
	invites []*invite
	jobs    []job
	links   map[string][]string // every secret that was mailed, by kind
}

// registration waits for its confirmation.
type registration struct {
	name, email, password string
	created, mailed       time.Time
	key                   string // "" until a mail told it
}

// user is an account.
type user struct {
	id                    int64
	name, email, password string // no password: none opens it
	first                 string
	group                 string // admin, user, worker or none
	status                string
	epoch, tokenEpoch     int
	generation            int            // of the token key
	keys                  map[int]string // by generation
	sessions              []*session
	tokens                []*accessToken
	reset, change         *ticket
	deletion              *ticket
	undo                  map[string]*ticket // by the old address
	signedIn              bool               // ever
	device                string
	swept                 bool // nothing is left of an erased account
}

// ticket is a right that a mail proves.
type ticket struct {
	key   string // "" until a mail told it
	email string
	epoch int
	until time.Time
	since time.Time
}

func (t *ticket) live(now time.Time) bool {
	return t != nil && (t.until.IsZero() || now.Before(t.until))
}

// session is one sign-in, or the one behind the token key.
type session struct {
	u                   *user
	kind                string // cookie, bearer, token
	id                  string // "" as long as no list has told it
	epoch, generation   int
	created, seen, auth time.Time
	over                bool
	left                time.Time // when next took its place
	next                *session

	cookie, csrf string // "" if nobody heard them
	access       string
	accessUntil  time.Time
	refresh      map[int]string
	refreshed    int
	firstUse     time.Time
}

func (s *session) ends() time.Time {
	a, b := s.seen.Add(idleLife), s.created.Add(fullLife)
	if a.Before(b) {
		return a
	}
	return b
}

func (s *session) alive(now time.Time) bool {
	return !s.over && s.epoch == s.u.epoch && now.Before(s.ends()) && (s.kind != "token" || s.generation == s.u.generation)
}

// accessToken is a personal access token.
type accessToken struct {
	u                         *user
	id                        int64
	name, value               string
	readOnly                  bool
	epoch                     int
	created, lastUsed, expiry time.Time
	revoked, gone             bool // gone: nothing leads to it any more
}

func (a *accessToken) usable(now time.Time) bool {
	used := a.created
	if a.lastUsed.After(used) {
		used = a.lastUsed
	}
	return !a.revoked && !a.gone && a.epoch == a.u.tokenEpoch && (a.expiry.IsZero() || now.Before(a.expiry)) && now.Before(used.Add(staleToken))
}

// named finds who has a user name, also of accounts that are erased.
func (st *state) named(name string) *user {
	for _, u := range st.users {
		if strings.EqualFold(u.name, name) {
			return u
		}
	}
	return nil
}

// holder finds the account that an address leads to: whose it is, or was until not
// long ago.
func (st *state) holder(email string) *user {
	for _, u := range st.users {
		if u.status != erased && (u.email == email || u.undo[email].live(st.now)) {
			return u
		}
	}
	return nil
}

// owner is who has an address and could be written to.
func (st *state) owner(email string) *user {
	if u := st.holder(email); u != nil && reachable(u) {
		return u
	}
	return nil
}

func reachable(u *user) bool { return u.status == active || u.status == leaving }

func (st *state) waits(r *registration) bool {
	for _, w := range st.waiting {
		if w == r {
			return st.now.Before(r.created.Add(confirmLife))
		}
	}
	return false
}

// registering finds the registration that holds a user name.
func (st *state) registering(name string) *registration {
	for _, w := range st.waiting {
		if strings.EqualFold(w.name, name) && st.waits(w) {
			return w
		}
	}
	return nil
}

// endAll ends every session of an account, and its token key.
func (u *user) endAll() {
	u.epoch++
	u.raise()
}

func (u *user) raise() {
	if u.generation > 0 {
		u.generation++
	}
}

// dropSince takes the present address from an account, and the way back from every
// address that it left at a time or later, but for one.
func (u *user) dropSince(keep string, since time.Time) {
	for email, t := range u.undo {
		if !t.since.Before(since) {
			delete(u.undo, email)
		}
	}
	if u.email != keep {
		u.email = ""
	}
}
