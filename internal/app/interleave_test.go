package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"testing"

	"gatehouse"
	"gatehouse/internal/apptest"
	"gatehouse/internal/check"
	"gatehouse/internal/gateway"
	"gatehouse/internal/store"
)

// turn lets one store call at a time go on, in an order that is chosen: of all
// requests at work, each waits before each of its calls.
type turn struct {
	d      store.Driver
	on     bool
	events chan event
}

// event is a request that waits before a call, or that has ended.
type event struct {
	thread int
	grant  chan struct{} // nil: it has ended
}

type threadKey struct{}

func (s *turn) wait(ctx context.Context) {
	n, ok := ctx.Value(threadKey{}).(int)
	if !s.on || !ok {
		return
	}
	grant := make(chan struct{})
	s.events <- event{n, grant}
	<-grant
}

func (s *turn) Get(ctx context.Context, keys []store.Key) ([]store.Item, error) {
	s.wait(ctx)
	return s.d.Get(ctx, keys)
}

func (s *turn) Query(ctx context.Context, q store.Query) (store.Page, error) {
	s.wait(ctx)
	return s.d.Query(ctx, q)
}

func (s *turn) Transact(ctx context.Context, tx store.Tx) error {
	s.wait(ctx)
	return s.d.Transact(ctx, tx)
}

// move is one request of a race.
type move struct {
	who, method, path string
	body              any
	in                bool // names the organization
}

// race is a set of requests that share rows, and what must hold after all of them.
type race struct {
	name  string
	moves func(s *stage) []move
	hold  func(t *testing.T, s *stage, w *apptest.World, got []int)
	rank  int // 0: few orders, played always; 1: with GATEHOUSE_FAULTS=on; 2: thousands, with GATEHOUSE_FAULTS=long
}

// play runs the moves of a race in one order of their store calls. choices says
// which waiting request goes on, by its place among those that wait, for as long as
// it reaches; after that the first does. It gives how many could choose from at each
// point, and the statuses.
func play(t *testing.T, s *stage, r race, choices []int) (width []int, got []int, w *apptest.World) {
	t.Helper()
	sched := &turn{events: make(chan event)}
	w = s.copy(t, apptest.Driver(func(d store.Driver) store.Driver { sched.d = d; return sched }))
	h := handlerOf(t, w)
	moves := r.moves(s)
	got = make([]int, len(moves))
	requests := make([]*http.Request, len(moves))
	for n, m := range moves {
		requests[n] = m.request(t, s, w).WithContext(context.WithValue(t.Context(), threadKey{}, n))
	}
	sched.on = true
	for n, req := range requests {
		go func() {
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, req)
			got[n] = rec.Code
			sched.events <- event{thread: n}
		}()
	}
	waiting, running, live := map[int]chan struct{}{}, len(moves), len(moves)
	for live > 0 {
		for running > 0 {
			e := <-sched.events
			running--
			if e.grant == nil {
				live--
				continue
			}
			waiting[e.thread] = e.grant
		}
		if live == 0 {
			break
		}
		at := 0
		if len(width) < len(choices) {
			at = choices[len(width)]
		}
		width = append(width, len(waiting))
		for n := range moves {
			grant, ok := waiting[n]
			if !ok {
				continue
			}
			if at == 0 {
				delete(waiting, n)
				running++
				close(grant)
				break
			}
			at--
		}
	}
	sched.on = false
	return width, got, w
}

func handlerOf(t *testing.T, w *apptest.World) http.Handler {
	t.Helper()
	table, err := gateway.Read(gatehouse.Template)
	if err != nil {
		t.Fatal(err)
	}
	h, err := gateway.New(table, w.Functions, gateway.Options{Log: w.Parts.Log, Now: w.Clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func (m move) request(t *testing.T, s *stage, w *apptest.World) *http.Request {
	t.Helper()
	var body bytes.Buffer
	if m.body != nil {
		if err := json.NewEncoder(&body).Encode(m.body); err != nil {
			t.Fatal(err)
		}
	}
	req := httptest.NewRequest(m.method, w.URL+m.path, &body)
	if m.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if m.in {
		req.Header.Set("X-Organization", s.team.Slug)
	}
	if m.who != "" {
		c := s.clients[m.who].At(w)
		req.Header.Set("Cookie", "sessionid="+c.Cookie("sessionid")+"; csrftoken="+c.Cookie("csrftoken"))
		req.Header.Set("X-CSRFToken", c.Cookie("csrftoken"))
	}
	return req
}

// explore plays a race in every order of its store calls, and says how many there
// were.
func explore(t *testing.T, s *stage, r race) (schedules int) {
	t.Helper()
	var choices []int
	for {
		var width []int
		schedules++
		fine := t.Run(strconv.Itoa(schedules), func(t *testing.T) { // whose world ends with it
			var got []int
			var w *apptest.World
			width, got, w = play(t, s, r, choices)
			for n, status := range got {
				if status >= 500 {
					t.Errorf("request %d gets %d", n, status)
				}
			}
			balanced(w, s.team.ID)
			owned(t, w, s.team.ID)
			broken, err := check.Run(t.Context(), store.New(w.DB, w.Clock.Now), nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range broken {
				t.Errorf("%v", v)
			}
			if r.hold != nil {
				r.hold(t, s, w, got)
			}
			if t.Failed() {
				t.Logf("%s: in the order %v the answers are %v", r.name, choices, got)
			}
		})
		if !fine {
			t.FailNow()
		}
		// The next order: the last point where another could have gone on.
		at := len(width) - 1
		for choices = append(choices, make([]int, len(width)-len(choices))...); at >= 0 && choices[at] == width[at]-1; at-- {
		}
		if at < 0 {
			return schedules
		}
		choices = append(choices[:at:at], choices[at]+1)
	}
}

// succeed counts the requests that did what they were asked.
func succeed(got []int) (n int) {
	for _, status := range got {
		if status < 300 {
			n++
		}
	}
	return n
}

// atMostOne says that of the requests of a race one succeeds at most.
func atMostOne(t *testing.T, _ *stage, _ *apptest.World, got []int) {
	t.Helper()
	if succeed(got) > 1 {
		t.Errorf("%v: more than one succeeded", got)
	}
}

func (s *stage) member(name string) string { return fmt.Sprint("/api/memberships/", s.ids[name]) }

// races are pairs of requests that share rows of the organization, and triples for
// those that three people race for.
func races() []race {
	accept := func(s *stage) move {
		return move{who: "pending", method: "POST", path: "/api/invitations/" + s.keys["open"] + "/accept"}
	}
	decline := func(s *stage) move {
		return move{who: "pending", method: "POST", path: "/api/invitations/" + s.keys["open"] + "/decline"}
	}
	withdraw := func(s *stage) move {
		return move{who: "owner", method: "DELETE", path: "/api/invitations/" + s.keys["open"]}
	}
	unseat := func(s *stage) move {
		return move{who: "owner", method: "DELETE", path: s.member("pending")}
	}
	raise := func(name string) func(*stage) move {
		return func(s *stage) move {
			return move{who: "owner", method: "PATCH", path: s.member(name), body: object{"role": "supervisor"}}
		}
	}
	remove := func(who, name string) func(*stage) move {
		return func(s *stage) move { return move{who: who, method: "DELETE", path: s.member(name)} }
	}
	resend := func(s *stage) move {
		return move{who: "owner", method: "POST", path: "/api/invitations/" + s.keys["open"] + "/resend"}
	}
	invite := func(who, email string) func(*stage) move {
		return func(*stage) move {
			return move{who: who, method: "POST", path: "/api/invitations", in: true, body: object{"email": email, "role": "worker"}}
		}
	}
	erase := func(s *stage) move { return move{who: "owner", method: "DELETE", path: s.team.Path("")} }
	rename := func(who, slug string) func(*stage) move {
		return func(s *stage) move {
			return move{who: who, method: "PATCH", path: s.team.Path(""), body: object{"slug": slug}}
		}
	}
	heir := func(s *stage) move {
		return move{who: "maintainer", method: "POST", path: s.team.Path("/ownership/accept")}
	}
	unoffer := func(s *stage) move { return move{who: "owner", method: "DELETE", path: s.team.Path("/ownership")} }
	quit := func(who string) func(*stage) move {
		return func(*stage) move { return move{who: who, method: "POST", path: "/api/users/self/deletion"} }
	}
	found := func(who string) func(*stage) move {
		return func(*stage) move {
			return move{who: who, method: "POST", path: "/api/organizations", body: object{"slug": "fresh"}}
		}
	}
	all := func(moves ...func(*stage) move) func(*stage) []move {
		return func(s *stage) (out []move) {
			for _, m := range moves {
				out = append(out, m(s))
			}
			return out
		}
	}
	return []race{
		{"H3 accept, accept", all(accept, accept), atMostOne, 0},
		{"H9 accept, withdraw", all(accept, withdraw), nil, 0},
		{"accept, decline", all(accept, decline), nil, 0},
		{"H5 accept, remove", all(accept, unseat), nil, 0},
		{"H5 accept, role", all(accept, raise("pending")), nil, 0},
		{"accept, resend", all(accept, resend), nil, 0},
		{"resend, withdraw", all(resend, withdraw), nil, 0},
		{"decline, withdraw", all(decline, withdraw), nil, 0},
		{"invite, invite the same", all(invite("owner", "fresh@example.org"), invite("maintainer", "fresh@example.org")), atMostOne, 1},
		{"invite, remove the inviter", all(invite("maintainer", "fresh@example.org"), remove("owner", "maintainer")), nil, 1},
		{"H5 role, remove", all(raise("target"), remove("maintainer", "target")), nil, 0},
		{"role, role", all(raise("target"), func(s *stage) move {
			return move{who: "maintainer", method: "PATCH", path: s.member("target"), body: object{"role": "worker"}}
		}), nil, 0},
		{"leave, remove", all(remove("target", "target"), remove("owner", "target")), atMostOne, 0},
		{"H6 take over, withdraw the offer", all(heir, unoffer), atMostOne, 1},
		{"H6 take over, remove the heir", all(heir, remove("owner", "maintainer")), nil, 1},
		{"H6 take over, delete", all(heir, erase), nil, 1},
		{"H6 take over, the owner's account ends", all(heir, quit("owner")), nil, 1},
		{"H6 take over, the heir's account ends", all(heir, quit("maintainer")), atMostOne, 2},
		{"G8 take over, make the heir a supervisor", all(heir, raise("maintainer")), nil, 1},
		{"delete, accept", all(erase, accept), nil, 0},
		{"delete, invite", all(erase, invite("maintainer", "fresh@example.org")), nil, 0},
		{"delete, rename", all(erase, rename("maintainer", "renamed")), nil, 1},
		{"rename, rename", all(rename("owner", "renamed"), rename("maintainer", "renamed")), nil, 0},
		{"found, found the same", all(found("outsider"), found("rival")), atMostOne, 1},
		{"H11 found, the account ends", all(found("outsider"), quit("outsider")), nil, 1},
		{"H11 accept, the account ends", all(accept, quit("pending")), nil, 1},
	}
}

// triples are raced only in the long run: there are thousands of orders of each.
func triples() []race {
	pair := map[string]race{}
	for _, r := range races() {
		pair[r.name] = r
	}
	join := func(a, b string) race {
		return race{a + " + " + b, func(s *stage) []move { return append(pair[a].moves(s), pair[b].moves(s)[1]) }, nil, 2}
	}
	return []race{
		join("H9 accept, withdraw", "H5 accept, role"),
		join("H3 accept, accept", "H5 accept, remove"),
		join("H6 take over, withdraw the offer", "H6 take over, delete"),
		join("H6 take over, remove the heir", "H6 take over, the owner's account ends"),
	}
}

// TestInterleavings plays pairs of requests in every order of their store calls:
// those with few orders always, those with hundreds with GATEHOUSE_FAULTS=on, and
// with GATEHOUSE_FAULTS=long those with thousands, and triples.
func TestInterleavings(t *testing.T) {
	s := raceStage(t)
	total, bad, mode := 0, 0, os.Getenv("GATEHOUSE_FAULTS")
	rank := map[string]int{"": 0, "on": 1, "long": 2}[mode]
	played := slices.DeleteFunc(append(races(), triples()...), func(r race) bool { return r.rank > rank })
	for _, r := range played {
		if !t.Run(r.name, func(t *testing.T) {
			n := explore(t, s, r)
			total += n
			fmt.Printf("interleavings: %-50s %5d orders\n", r.name, n)
		}) {
			bad++
		}
	}
	fmt.Printf("interleavings: %d races, %d orders, %d violations\n", len(played), total, bad)
}

// raceStage is a stage on which the maintainer is offered the organization.
func raceStage(t *testing.T) *stage {
	s := setStage(t)
	s.ids["pending"] = s.team.Membership(called("pending") + "@example.org")
	uid := s.clients["maintainer"].Get("/api/users/self").Int("id")
	s.clients["owner"].Post(s.team.Path("/ownership"), object{"user_id": uid}).Is(200)
	return s
}
