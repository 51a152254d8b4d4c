package app_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/apptest"
)

// actors are the columns of the matrix.
var actors = []string{"anonymous", "owner", "maintainer", "supervisor", "worker", "pending", "former", "outsider", "suspended", "rival", "admin"}

// stage is an organization with somebody in every relation to it.
type stage struct {
	w       *apptest.World
	dir     string
	team    *apptest.Team
	rival   *apptest.Team
	clients map[string]*apptest.Client
	ids     map[string]int64 // memberships by name
	keys    map[string]string
	uids    map[string]int64 // accounts by name
	work    map[string]int64 // what they work on
}

func setStage(t *testing.T) *stage {
	dir := t.TempDir()
	w := apptest.New(t, limitsOff, apptest.Dir(dir), transferOn)
	s := &stage{w: w, dir: dir, clients: map[string]*apptest.Client{"anonymous": w.Client()}, ids: map[string]int64{}, keys: map[string]string{}, uids: map[string]int64{}, work: map[string]int64{}}
	for _, name := range []string{"owner", "outsider", "rival", "pending"} {
		w.Join(called(name), called(name)+"@example.org")
		s.clients[name] = w.SignIn(called(name))
	}
	operator(w, called("admin"), true, "admin")
	s.clients["admin"] = w.SignIn(called("admin"))
	s.team, s.rival = w.Found(s.clients["owner"], "acme"), w.Found(s.clients["rival"], "rival")
	for _, name := range []string{"maintainer", "supervisor", "worker", "former", "suspended", "target"} {
		role := name
		if !slices.Contains([]string{"maintainer", "supervisor"}, name) {
			role = "worker"
		}
		s.clients[name] = s.team.Join(called(name), role)
	}
	s.keys["open"] = s.team.Invite(called("pending")+"@example.org", "worker")
	s.keys["other"] = s.team.Invite("nobody@example.org", "worker")
	for _, name := range []string{"owner", "maintainer", "supervisor", "worker", "former", "suspended", "target"} {
		s.ids[name] = s.team.Membership(called(name))
	}
	s.ids["waiting"] = s.team.Membership("nobody@example.org")
	s.setWork()
	s.clients["former"].Delete(fmt.Sprint("/api/memberships/", s.ids["former"])).Is(204)
	uid := s.clients["suspended"].Get("/api/users/self").Is(200).Int("id")
	s.clients["admin"].Patch(fmt.Sprint("/api/users/", uid), object{"is_active": false}).Is(200)
	return s
}

// called is the user name of an actor: some of the plain words are reserved.
func called(actor string) string { return "mx." + actor }

// copy is the stage as it was set, for one request.
func (s *stage) copy(t *testing.T, more ...apptest.Option) *apptest.World {
	t.Helper()
	dir := t.TempDir()
	files, err := filepath.Glob(filepath.Join(s.dir, "gatehouse.db*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		copyFile(t, f, filepath.Join(dir, filepath.Base(f)))
	}
	return apptest.New(t, append([]apptest.Option{limitsOff, apptest.Dir(dir), transferOn}, more...)...)
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
}

// cell is one row of the matrix: a request, and what each actor gets.
type cell struct {
	route, relation string
	send            func(s *stage, c *apptest.Client) *apptest.Answer
	want            string // by actor, as actors are ordered
}

// matrix says who gets what. It is written from the rules as they are documented,
// not from the tables that the program uses.
func matrix() []cell {
	org := func(method, rest string, body any) func(*stage, *apptest.Client) *apptest.Answer {
		return func(s *stage, c *apptest.Client) *apptest.Answer { return c.Do(method, s.team.Path(rest), body) }
	}
	in := func(method, path string, body any) func(*stage, *apptest.Client) *apptest.Answer {
		return func(s *stage, c *apptest.Client) *apptest.Answer { return s.team.In(c).Do(method, path, body) }
	}
	member := func(method, whose string, body any) func(*stage, *apptest.Client) *apptest.Answer {
		return func(s *stage, c *apptest.Client) *apptest.Answer {
			return c.Do(method, fmt.Sprint("/api/memberships/", s.ids[whose]), body)
		}
	}
	invitation := func(method, which, rest string) func(*stage, *apptest.Client) *apptest.Answer {
		return func(s *stage, c *apptest.Client) *apptest.Answer {
			return c.Do(method, "/api/invitations/"+s.keys[which]+rest, nil)
		}
	}
	invite := func(role string) func(*stage, *apptest.Client) *apptest.Answer {
		return in("POST", "/api/invitations", object{"email": "fresh@example.org", "role": role})
	}
	return append(workMatrix(), []cell{
		//                                                                                                 anon own mai sup wor pen for out sus riv adm
		{"GET /api/organizations", "any", func(_ *stage, c *apptest.Client) *apptest.Answer { return c.Get("/api/organizations") }, "401 200 200 200 200 200 200 200 401 200 200"},
		{"POST /api/organizations", "any", func(_ *stage, c *apptest.Client) *apptest.Answer {
			return c.Post("/api/organizations", object{"slug": "another"})
		}, "401 201 201 201 201 201 201 201 401 201 201"},
		{"GET /api/organizations/{id}", "acme", org("GET", "", nil), "401 200 200 200 200 403 404 404 401 404 200"},
		{"PATCH /api/organizations/{id}", "acme", org("PATCH", "", object{"name": "New"}), "401 200 200 403 403 403 404 404 401 404 200"},
		{"DELETE /api/organizations/{id}", "acme", org("DELETE", "", nil), "401 204 403 403 403 403 404 404 401 404 204"},
		{"GET /api/organizations/{id}/audit", "acme", org("GET", "/audit", nil), "401 200 200 403 403 403 404 404 401 404 200"},
		{"POST /api/organizations/{id}/ownership", "acme", func(s *stage, c *apptest.Client) *apptest.Answer {
			uid := s.clients["maintainer"].Get("/api/users/self").Int("id")
			return c.Post(s.team.Path("/ownership"), object{"user_id": uid})
		}, "401 200 403 403 403 403 404 404 401 404 200"},
		{"POST /api/organizations/{id}/ownership/accept", "nothing offered", org("POST", "/ownership/accept", nil), "401 404 404 404 404 403 404 404 401 404 404"},
		{"DELETE /api/organizations/{id}/ownership", "nothing offered", org("DELETE", "/ownership", nil), "401 404 404 404 404 403 404 404 401 404 404"},

		{"GET /api/memberships", "acme", in("GET", "/api/memberships", nil), "401 200 200 200 200 403 404 404 401 404 200"},
		{"GET /api/memberships/{id}", "a worker", member("GET", "target", nil), "401 200 200 200 200 404 404 404 401 404 200"},
		{"GET /api/memberships/{id}", "somebody invited", member("GET", "waiting", nil), "401 200 200 403 403 404 404 404 401 404 200"},
		{"PATCH /api/memberships/{id}", "a worker, to supervisor", member("PATCH", "target", object{"role": "supervisor"}), "401 200 200 403 403 404 404 404 401 404 200"},
		{"PATCH /api/memberships/{id}", "a worker, to maintainer", member("PATCH", "target", object{"role": "maintainer"}), "401 200 403 403 403 404 404 404 401 404 200"},
		{"PATCH /api/memberships/{id}", "a worker, to owner", member("PATCH", "target", object{"role": "owner"}), "401 403 403 403 403 404 404 404 401 404 200"},
		{"PATCH /api/memberships/{id}", "the owner, to worker", member("PATCH", "owner", object{"role": "worker"}), "401 403 403 403 403 404 404 404 401 404 409"},
		{"PATCH /api/memberships/{id}", "the maintainer, to worker", member("PATCH", "maintainer", object{"role": "worker"}), "401 200 403 403 403 404 404 404 401 404 200"},
		{"PATCH /api/memberships/{id}", "somebody invited", member("PATCH", "waiting", object{"role": "supervisor"}), "401 200 200 403 403 404 404 404 401 404 200"},
		{"DELETE /api/memberships/{id}", "a worker", member("DELETE", "target", nil), "401 204 204 403 403 404 404 404 401 404 204"},
		{"DELETE /api/memberships/{id}", "the maintainer", member("DELETE", "maintainer", nil), "401 204 204 403 403 404 404 404 401 404 204"},
		{"DELETE /api/memberships/{id}", "the supervisor", member("DELETE", "supervisor", nil), "401 204 204 204 403 404 404 404 401 404 204"},
		{"DELETE /api/memberships/{id}", "the owner", member("DELETE", "owner", nil), "401 403 403 403 403 404 404 404 401 404 409"},
		{"DELETE /api/memberships/{id}", "somebody invited", member("DELETE", "waiting", nil), "401 204 204 403 403 404 404 404 401 404 204"},

		{"GET /api/invitations", "acme", in("GET", "/api/invitations", nil), "401 200 200 200 200 403 404 404 401 404 200"},
		{"POST /api/invitations", "as worker", invite("worker"), "401 201 201 403 403 403 404 404 401 404 201"},
		{"POST /api/invitations", "as supervisor", invite("supervisor"), "401 201 201 403 403 403 404 404 401 404 201"},
		{"POST /api/invitations", "as maintainer", invite("maintainer"), "401 201 403 403 403 403 404 404 401 404 201"},
		{"POST /api/invitations", "as owner", invite("owner"), "401 403 403 403 403 403 404 404 401 404 400"},
		{"POST /api/invitations/batch", "acme", in("POST", "/api/invitations/batch", object{"invitations": []object{{"email": "fresh@example.org", "role": "worker"}}}), "401 200 200 403 403 403 404 404 401 404 200"},
		{"GET /api/invitations/count", "any", func(_ *stage, c *apptest.Client) *apptest.Answer { return c.Get("/api/invitations/count") }, "401 200 200 200 200 200 200 200 401 200 200"},
		{"GET /api/invitations/{key}", "to pending", invitation("GET", "open", ""), "401 200 200 403 403 200 404 404 401 404 200"},
		{"POST /api/invitations/{key}/accept", "to pending", invitation("POST", "open", "/accept"), "401 403 403 403 403 200 404 404 401 404 400"},
		{"POST /api/invitations/{key}/decline", "to pending", invitation("POST", "open", "/decline"), "401 403 403 403 403 204 404 404 401 404 204"},
		{"POST /api/invitations/{key}/resend", "to pending", invitation("POST", "open", "/resend"), "401 204 204 403 403 403 404 404 401 404 204"},
		{"GET /api/invitations/{key}/delivery", "to pending", invitation("GET", "open", "/delivery"), "401 200 200 403 403 403 404 404 401 404 200"},
		{"DELETE /api/invitations/{key}", "to pending", invitation("DELETE", "open", ""), "401 204 204 403 403 403 404 404 401 404 204"},
		{"GET /api/invitations/{key}", "to somebody else", invitation("GET", "other", ""), "401 200 200 403 403 404 404 404 401 404 200"},
		{"POST /api/invitations/{key}/accept", "to somebody else", invitation("POST", "other", "/accept"), "401 403 403 403 403 404 404 404 401 404 400"},

		{"POST /api/permissions/check", "acme", in("POST", "/api/permissions/check", object{"checks": []object{{"scope": "memberships:list"}}}), "401 200 200 200 200 200 404 404 401 404 200"},
		{"GET /api/users", "acme", in("GET", "/api/users", nil), "401 200 200 200 200 403 404 404 401 404 200"},
		{"GET /api/users/self", "acme", in("GET", "/api/users/self", nil), "401 200 200 200 200 200 404 404 401 404 200"},
		{"GET /api/users/{id}", "a member", func(s *stage, c *apptest.Client) *apptest.Answer {
			uid := s.clients["target"].Get("/api/users/self").Int("id")
			return s.team.In(c).Get(fmt.Sprint("/api/users/", uid))
		}, "401 200 200 200 200 404 404 404 401 404 200"},
		{"GET /api/users/{id}", "an outsider", func(s *stage, c *apptest.Client) *apptest.Answer {
			uid := s.clients["outsider"].Get("/api/users/self").Int("id")
			return s.team.In(c).Get(fmt.Sprint("/api/users/", uid))
		}, "401 404 404 404 404 404 404 404 401 404 200"},
	}...)
}

// TestASVS8_1_1_Matrix sends every request of the matrix as every actor, each to a copy of
// the same installation.
func TestG1_ASVS8_2_1_ASVS8_2_2_ASVS8_4_1_Matrix(t *testing.T) {
	s := setStage(t)
	for _, row := range matrix() {
		t.Run(row.route+" "+row.relation, func(t *testing.T) {
			want := strings.Fields(row.want)
			for i, actor := range actors {
				w := s.copy(t)
				a := row.send(s, s.clients[actor].At(w))
				if fmt.Sprint(a.Status) != want[i] {
					t.Errorf("%s gets %d, want %s: %.300s", actor, a.Status, want[i], a.Body)
				}
				explained(t, actor, a)
			}
		})
	}
}

// explained checks that a refusal says more to members, and nothing to strangers.
func explained(t *testing.T, actor string, a *apptest.Answer) {
	t.Helper()
	member := slices.Contains([]string{"owner", "maintainer", "supervisor", "worker"}, actor)
	if a.Status == 403 && member && !strings.Contains(a.Body, `"would_allow":`) {
		t.Errorf("%s is not told what would be allowed: %s", actor, a.Body)
	}
	if a.Status == 404 && (strings.Contains(a.Body, "would_allow") || strings.Contains(a.Body, "permission")) {
		t.Errorf("%s is told that there is something: %s", actor, a.Body)
	}
}

// TestG1_ASVS7_2_1_ASVS8_2_1_MatrixIsComplete fails for a route of organizations, or of what is
// in them, that is not in the matrix, and for one that is open to everybody without being
// known to be.
func TestG1_ASVS7_2_1_ASVS8_2_1_MatrixIsComplete(t *testing.T) {
	b, err := os.ReadFile("routes.txt")
	if err != nil {
		t.Fatal(err)
	}
	covered := map[string]bool{}
	for _, row := range matrix() {
		covered[row.route] = true
		if n := len(strings.Fields(row.want)); n != len(actors) {
			t.Errorf("%s %s: %d expectations for %d actors", row.route, row.relation, n, len(actors))
		}
	}
	s := setStage(t)
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if f[0] == "#" || f[1] == "$default" {
			continue
		}
		route, function := f[1]+" "+f[2], f[3]
		if slices.Contains([]string{"organizations", "invitations", "workspace", "permissions"}, function) && !covered[route] {
			t.Errorf("%s is not in the matrix", route)
		}
		path := strings.NewReplacer("{id}", "1", "{key}", "x", "{file}", "x").Replace(f[2])
		if f[0] == "anyone" {
			continue
		}
		for _, actor := range []string{"anonymous", "suspended"} {
			if a := s.clients[actor].Do(f[1], path, nil); a.Status != 401 {
				t.Errorf("%s: %s gets %d", route, actor, a.Status)
			}
		}
		if a := s.clients["outsider"].Do(f[1], path, nil); f[0] == "admins" && a.Status != 403 {
			t.Errorf("%s: an outsider gets %d", route, a.Status)
		}
	}
}

var transferOn = apptest.Env("GATEHOUSE_OWNERSHIP_TRANSFER", "on")
