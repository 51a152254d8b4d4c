package app_test

import (
	"fmt"
	"strings"
	"testing"

	"gatehouse/internal/apptest"
	"gatehouse/internal/org"
	"gatehouse/internal/store"
	"gatehouse/internal/store/storetest"
	"gatehouse/internal/tenant"
)

// limitSeats is what billing will do: it sets how many seats there are.
func limitSeats(w *apptest.World, id, seats int64) {
	w.Helper()
	for range 50 {
		items, err := w.Parts.Table.Get(w.Context(), tenant.Key(id))
		if err != nil {
			w.Fatal(err)
		}
		st, err := tenant.States.Of(items[0])
		if err != nil {
			w.Fatal(err)
		}
		st.Seats = seats
		err = w.Parts.Table.Transact(w.Context(), tenant.States.Put(items[0].Key, st, items[0].At()))
		if _, lost := store.Conflict(err); !lost {
			if err != nil {
				w.Fatal(err)
			}
			return
		}
	}
	w.Fatal("the seats could not be set")
}

// counted are the members and open invitations of an organization by its rows, and
// the two counters.
func counted(w *apptest.World, id int64) (members, open, seats, joined int64) {
	w.Helper()
	t := w.Parts.Table
	items, err := t.Get(w.Context(), tenant.SeatsKey(id), tenant.MembersKey(id))
	if err != nil {
		w.Fatal(err)
	}
	rows, err := t.All(w.Context(), store.Query{PK: fmt.Sprint("LST#members#", id)}, 10_000)
	if err != nil {
		w.Fatal(err)
	}
	for _, it := range rows {
		r, err := org.MemberRows.Of(it)
		if err != nil {
			w.Fatal(err)
		}
		base := tenant.MemberKey(r.UID, id)
		if !r.Active {
			base = org.InvitationKey(r.Key)
		}
		there, err := t.Get(w.Context(), base, org.PointerKey(r.ID))
		if err != nil {
			w.Fatal(err)
		}
		if !there[0].Exists() || !there[1].Exists() {
			w.Errorf("%s is listed and not there", r.Username)
		}
		if r.Active {
			members++
			continue
		}
		if i, err := org.Invitations.Of(there[0]); err != nil || i.Seated {
			open++
		}
	}
	return members, open, tenant.Count(items[0]), tenant.Count(items[1])
}

// balanced fails the test unless the counters are what the rows say.
func balanced(w *apptest.World, id int64) (members, open int64) {
	w.Helper()
	members, open, seats, joined := counted(w, id)
	if seats != members+open || joined != members {
		w.Errorf("%d members and %d open invitations, but counted %d seats and %d members", members, open, seats, joined)
	}
	return members, open
}

func inviteRacer(team *apptest.Team, c *apptest.Client, i int) *apptest.Answer {
	return patient(func() *apptest.Answer {
		return team.In(c).Post("/api/invitations", object{"email": fmt.Sprintf("guest%03d@example.org", i), "role": "worker"})
	})
}

func TestH4_ASVS2_3_4_TwoHundredInvitationsForFiveSeats(t *testing.T) {
	w := apptest.New(t, limitsOff)
	w.Join("founder", "founder@example.org")
	c := w.SignIn("founder")
	team := w.Found(c, "acme")
	limitSeats(w, team.ID, 5)
	got := parallel(200, func(i int) string {
		a := inviteRacer(team, c, i)
		if a.Status == 400 && !strings.Contains(a.Body, "seats") {
			t.Errorf("the refusal says nothing of seats: %s", a.Body)
		}
		return fmt.Sprint(a.Status)
	})
	if got["201"] != 4 || got["400"] != 196 {
		t.Errorf("answers %v", got)
	}
	if m, o := balanced(w, team.ID); m+o != 5 {
		t.Errorf("%d members and %d open invitations", m, o)
	}
	if n := len(w.Mails("")); n != 1+4 { // the founder's own confirmation
		t.Errorf("%d mails", n)
	}
}

func TestH4_FewerSeatsThanInvitations(t *testing.T) {
	w := apptest.New(t, limitsOff)
	w.Join("founder", "founder@example.org")
	team := w.Found(w.SignIn("founder"), "acme")
	const guests = 8
	var clients []*apptest.Client
	var keys []string
	for i := range guests {
		name := fmt.Sprintf("guest%d", i)
		w.Join(name, name+"@example.org")
		clients, keys = append(clients, w.SignIn(name)), append(keys, team.Invite(name+"@example.org", "worker"))
	}
	limitSeats(w, team.ID, 4) // the founder and three more
	got := parallel(guests, func(i int) int {
		return patient(func() *apptest.Answer { return clients[i].Post("/api/invitations/"+keys[i]+"/accept", nil) }).Status
	})
	if got[200] != 3 || got[400] != guests-3 {
		t.Errorf("answers %v", got)
	}
	if m, _ := balanced(w, team.ID); m != 4 {
		t.Errorf("%d members", m)
	}
}

// TestH4_SeatsUnderLag mixes invitations, withdrawals, acceptances and removals on
// a store whose indexes lag and whose transactions lose at random.
func TestH4_SeatsUnderLag(t *testing.T) {
	for seed := range uint64(6) {
		w := apptest.New(t, limitsOff, apptest.Driver(func(d store.Driver) store.Driver { return storetest.Lag(d, seed) }))
		w.Join("founder", "founder@example.org")
		owner := w.SignIn("founder")
		team := w.Found(owner, "acme")
		limitSeats(w, team.ID, 6)
		w.Join("guest000", "guest000@example.org")
		guest := w.SignIn("guest000")
		parallel(24, func(i int) int {
			switch i % 4 {
			case 0:
				return inviteRacer(team, owner, i/4).Status
			case 1:
				return inviteRacer(team, owner, 0).Status
			case 2:
				for _, k := range open(w, guest) {
					return patient(func() *apptest.Answer { return guest.Post("/api/invitations/"+k+"/accept", nil) }).Status
				}
			default:
				for _, id := range waiting(team) {
					return patient(func() *apptest.Answer { return owner.Delete(fmt.Sprint("/api/memberships/", id)) }).Status
				}
			}
			return 0
		})
		if m, o := balanced(w, team.ID); m+o > 6 {
			t.Errorf("seed %d: %d members and %d open invitations", seed, m, o)
		}
	}
}

// open are the keys of the invitations that wait for somebody.
func open(w *apptest.World, c *apptest.Client) (keys []string) {
	a := patient(func() *apptest.Answer { return c.Get("/api/invitations?accepted=false") })
	list, _ := a.JSON()["results"].([]any)
	for _, v := range list {
		keys = append(keys, v.(map[string]any)["key"].(string))
	}
	return keys
}

// waiting are the memberships of those who have not joined.
func waiting(team *apptest.Team) (ids []int64) {
	a := patient(func() *apptest.Answer { return team.In(team.Owner).Get("/api/memberships?page_size=all") })
	list, _ := a.JSON()["results"].([]any)
	for _, v := range list {
		if m := v.(map[string]any); m["is_active"] == false {
			ids = append(ids, int64(m["id"].(float64)))
		}
	}
	return ids
}
