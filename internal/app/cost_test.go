package app_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"gatehouse/internal/apptest"
	"gatehouse/internal/org"
	"gatehouse/internal/policy"
	"gatehouse/internal/profile"
	"gatehouse/internal/store"
	"gatehouse/internal/store/storetest"
	"gatehouse/internal/tenant"
)

// fill gives an organization n members more, as rows: signing up that many people
// would take the hash's time.
func fill(w *apptest.World, team *apptest.Team, n int) {
	w.Helper()
	t := w.Parts.Table
	for at := 0; at < n; {
		var ops []store.Op
		for ; at < n && len(ops) < 92; at++ {
			uid := int64(1_000_000 + at)
			m := tenant.Member{ID: uid, Org: team.ID, UID: uid, Role: policy.Worker.String(), Joined: w.Clock.Now().UnixMilli()}
			p := profile.Profile{UID: uid, Username: fmt.Sprintf("member%06d", at), Email: fmt.Sprintf("member%06d@example.org", at), Verified: true, First: "Ada", Last: "Byron"}
			ops = append(ops,
				tenant.Members.Put(tenant.MemberKey(uid, team.ID), m, store.Absent),
				org.Pointers.Put(org.PointerKey(m.ID), org.Pointer{Org: team.ID, UID: uid}, store.Absent),
				org.MemberRows.Put(org.MemberRowKey(team.ID, m.ID), org.Row(m, p, true), store.Absent),
				profile.Profiles.Put(profile.Key(uid), p, store.Absent))
		}
		st := tenant.State{ID: team.ID}
		k := int64(len(ops) / 4)
		if err := t.Transact(w.Context(), append(ops, st.Seat(k), st.Join(k))...); err != nil {
			w.Fatal(err)
		}
	}
}

// spent is what one operation costs.
type spent struct {
	name               string
	calls, read, write int
	list               bool // its cost grows as long as rosters are read whole
}

// spend measures the operations of an organization of n members.
func spend(t testing.TB, n int) (out []spent) {
	var meter *storetest.Meter
	w := apptest.New(t, limitsOff, apptest.Driver(func(d store.Driver) store.Driver {
		meter = storetest.NewMeter(d)
		return meter
	}))
	w.Join("founder", "founder@example.org")
	owner := w.SignIn("founder")
	team := w.Found(owner, "acme")
	fill(w, team, n-2)
	other := team.Join("member", "worker")
	in, mine := team.In(owner), team.Member("member")
	measure := func(name string, list bool, a func() *apptest.Answer) *apptest.Answer {
		t.Helper()
		meter.Take()
		answer := a()
		if answer.Status >= 300 {
			t.Fatalf("%s: %d %s", name, answer.Status, answer.Body)
		}
		calls, read, write := meter.Take()
		out = append(out, spent{name, calls, read, write, list})
		return answer
	}
	measure("organization, read", false, func() *apptest.Answer { return owner.Get(team.Path("")) })
	measure("organization, update", false, func() *apptest.Answer { return owner.Patch(team.Path(""), object{"description": "new"}) })
	measure("membership, read", false, func() *apptest.Answer { return owner.Get(mine) })
	measure("membership, role", false, func() *apptest.Answer { return owner.Patch(mine, object{"role": "supervisor"}) })
	a := measure("invite", false, func() *apptest.Answer {
		return in.Post("/api/invitations", object{"email": "fresh@example.org", "role": "worker"})
	})
	key := "/api/invitations/" + a.String("key")
	measure("invitation, read", false, func() *apptest.Answer { return owner.Get(key) })
	measure("invitation, resend", false, func() *apptest.Answer { return owner.Post(key+"/resend", nil) })
	w.Join("fresh", "fresh@example.org")
	guest := w.SignIn("fresh")
	measure("invitations, count", false, func() *apptest.Answer { return guest.Get("/api/invitations/count") })
	measure("invitation, accept", false, func() *apptest.Answer { return guest.Post(key+"/accept", nil) })
	measure("organizations, mine", false, func() *apptest.Answer { return guest.Get("/api/organizations") })
	measure("permissions, 1", false, func() *apptest.Answer {
		return in.Post("/api/permissions/check", object{"checks": []object{{"scope": "memberships:list"}}})
	})
	measure("users/self in the organization", false, func() *apptest.Answer { return in.Get("/api/users/self") })
	measure("audit, a page", false, func() *apptest.Answer { return owner.Get(team.Path("/audit?page_size=10")) })
	measure("leave", false, func() *apptest.Answer { return other.Delete(mine) })
	measure("memberships, first page", true, func() *apptest.Answer { return in.Get("/api/memberships") })
	measure("memberships, search", true, func() *apptest.Answer { return in.Get("/api/memberships?search=member000001") })
	measure("users of the organization", true, func() *apptest.Answer { return in.Get("/api/users") })
	return out
}

// TestCostIsFlat compares ten members with a thousand; `make bench` goes on to a
// hundred thousand.
func TestCostIsFlat(t *testing.T) {
	few, many := spend(t, 10), spend(t, 1000)
	for i, s := range few {
		m := many[i]
		if !s.list && (m.calls != s.calls || 100*m.read > 105*s.read || 100*m.write > 105*s.write) {
			t.Errorf("%s: %d calls, %d read and %d write units at 10 members; %d, %d, %d at 1,000", s.name, s.calls, s.read, s.write, m.calls, m.read, m.write)
		}
	}
}

// BenchmarkCost prints what operations cost by the size of the organization.
func BenchmarkCost(b *testing.B) { printCosts(b, "cost", spend, 10, 1000, 100_000) }

// printCosts prints a row for each operation, with a column for each size.
func printCosts(b *testing.B, name string, spend func(testing.TB, int) []spent, sizes ...int) {
	if os.Getenv("GATEHOUSE_TEST_COST") == "" {
		b.Skip("prints a table; scripts/bench sets GATEHOUSE_TEST_COST")
	}
	var table [][]spent
	for _, n := range sizes {
		table = append(table, spend(b, n))
	}
	for i, s := range table[0] {
		cells := make([]string, 0, len(sizes))
		for _, column := range table {
			c := column[i]
			cells = append(cells, fmt.Sprintf("%d · %d · %d", c.calls, c.read, c.write))
		}
		fmt.Println(name + " | " + s.name + " | " + strings.Join(cells, " | ") + " |")
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(len(table[0])), "operations/"+strconv.Itoa(len(sizes))+"sizes")
}
