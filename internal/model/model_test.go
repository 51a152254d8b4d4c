package model

import (
	"context"
	"flag"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"gatehouse/internal/apptest"
	"gatehouse/internal/audit"

	"pgregory.net/rapid"
)

// commands are what the machine draws from; each must have been done and refused.
func (m *machine) commands() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"register": m.signingUp, "register invited": m.registeringInvited, "verify": m.verifying, "resend": m.wishing,
		"login": m.loggingIn, "token login": m.tokenLoggingIn, "refresh": m.refreshing, "revoke": m.revoking, "logout": m.loggingOut,
		"list sessions": m.listingSessions, "end session": m.endingSession, "end other sessions": m.endingOthers,
		"cross-site request": m.crossingSites, "read self": m.readingSelf, "reauthenticate": m.reauthenticating,
		"change password": m.changingPassword, "ask for reset": m.askingReset, "reset password": m.resetting,
		"ask for address": m.askingEmail, "confirm address": m.confirmingEmail, "undo address": m.undoingEmail,
		"rename user": m.renaming, "administer user": m.administering, "delete user": m.deletingUser, "read user": m.readingUser, "list users": m.listingUsers,
		"ask for deletion": m.leaving, "cancel deletion": m.staying,
		"create token": m.creatingToken, "read token": m.readingToken, "change token": m.limitingToken, "revoke token": m.revokingToken,
		"list tokens": m.listingTokens, "use token": m.usingToken,
		"create organization": m.founding, "read organization": m.readingOrg, "change organization": m.updatingOrg, "delete organization": m.dissolving,
		"list organizations": m.listingOrgs, "offer ownership": m.offering, "accept ownership": m.acceptingOwnership, "drop offer": m.droppingOffer,
		"invite": m.inviting, "invite many": m.invitingMany, "read invitation": m.readingInvite, "resend invitation": m.resendingInvite,
		"withdraw invitation": m.withdrawing, "accept invitation": m.accepting, "decline invitation": m.declining, "list invitations": m.listingInvites,
		"read membership": m.readingMember, "change role": m.changingRole, "remove member": m.removing, "list members": m.listingMembers,
	}
}

// world is what happens beside commands.
func (m *machine) world() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){"time passes": m.lettingPass, "outbox": m.delivering, "sweep": m.sweeping, "limit seats": m.limitSeats,
		"former member": m.comingBack}
}

// play is one sequence, of all commands unless only some are wanted.
func play(t *rapid.T, cover *coverage, limits string, wrong mistake, only ...string) {
	p, err := newProduct(limits, wrong)
	if err != nil {
		t.Fatal(err)
	}
	m := &machine{p: p, cover: cover, calm: true}
	m.now, m.latest, m.links = p.now, map[string]*registration{}, map[string][]string{}
	cover.sequences++
	m.settle(t)
	m.calm, m.limited = limits == "on", limits == "on"
	actions := m.commands()
	for name, do := range m.world() {
		actions[name] = do
	}
	if len(only) > 0 {
		maps.DeleteFunc(actions, func(name string, _ func(*rapid.T)) bool { return !slices.Contains(only, name) })
	}
	for name, do := range actions {
		actions[name] = func(t *rapid.T) {
			cover.steps++
			do(t)
			if !sometimes(t, 2, "mails wait") {
				m.deliver(t)
			}
		}
	}
	actions[""] = m.rules
	if m.limited {
		delete(actions, "invite many") // of which the limits may refuse any row
		actions["insist"] = m.insisting
	}
	t.Repeat(actions)
	m.end(t)
}

// settle makes the people that a sequence begins with: an operator, an owner, a
// member and a guest who has been invited.
func (m *machine) settle(t *rapid.T) {
	if _, err := m.p.send(request{method: "GET", path: "/.well-known/jwks.json"}, trouble{}); err != nil {
		t.Fatal(err)
	}
	if _, err := m.p.operator("overseer"); err != nil {
		t.Fatal(err)
	}
	m.join(&user{name: "overseer", email: "overseer@example.org", password: apptest.Password, group: "admin"})
	for n, name := range names[:3] {
		m.run(t, m.register(name, addresses[n], apptest.Password))
		m.deliver(t)
		m.run(t, m.verify(m.waiting[0].key))
		m.run(t, m.login(name, apptest.Password, "", nil))
	}
	m.run(t, m.found(m.of(names[0]), slugs[0]))
	for n, role := range []string{"maintainer", "worker"} {
		m.run(t, m.invite(m.of(names[0]), slugs[0], addresses[n+1], role))
		m.deliver(t)
	}
	m.run(t, m.accept(m.of(names[1]), m.invites[0].key))
}

// of is the session of somebody who has just signed in.
func (m *machine) of(name string) cred {
	return slices.Collect(func(yield func(cred) bool) {
		for _, c := range m.named(name).creds() {
			if c.s != nil && !yield(c) {
				return
			}
		}
	})[0]
}

// end lets everything that is due happen, and verifies the audit log.
func (m *machine) end(t *rapid.T) {
	m.calm = true
	m.deliver(t)
	for _, job := range []string{"erase", "organizations", "audit"} {
		m.sweep(t, job)
	}
	m.deliver(t)
	m.rules(t)
	c := &audit.Chain{Table: m.p.table, Secrets: m.p.parts.Secrets, Log: m.p.parts.Log}
	err := c.VerifyAll(context.Background(), func(_, _ int64, r audit.Report) {
		for _, f := range r.Findings {
			t.Errorf("audit: %v", f)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// sequences runs so many sequences of a seed.
func sequences(t rapid.TB, n int, seed uint64, prop func(*rapid.T)) {
	set := func(name, value string) {
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	set("rapid.checks", strconv.Itoa(n))
	set("rapid.steps", "50")
	set("rapid.seed", strconv.FormatUint(seed, 10))
	rapid.Check(t, prop)
}

const (
	fixedSeed = 20260301
	few       = 60 // sequences, unless more are asked for
)

// amount is how many sequences are asked for.
func amount(t *testing.T, unless int) int {
	s := os.Getenv("GATEHOUSE_MODEL")
	if s == "" {
		return unless
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		t.Fatalf("GATEHOUSE_MODEL is %q: expected the number of sequences", s)
	}
	return n
}

// TestModel runs sequences, most of a fixed seed and the others of a random one, and
// says how often each command came.
func TestModel(t *testing.T) {
	n := amount(t, few)
	seed := rand.Uint64()>>1 | 1
	t.Logf("random seed %d", seed)
	cover, start := newCoverage(), time.Now()
	prop := func(t *rapid.T) { play(t, cover, "off", mistake{}) }
	sequences(t, n-n/4, fixedSeed, prop)
	sequences(t, max(1, n/4), seed, prop)
	t.Logf("%.1f s\n%s", time.Since(start).Seconds(), cover)
	if n < few {
		return
	}
	cover.floor(t, slices.Sorted(maps.Keys((&machine{}).commands())))
}
