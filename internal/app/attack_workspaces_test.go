package app_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/apptest"
)

// unchanged runs f and fails the test if it left anything in the store.
func unchanged(t *testing.T, w *apptest.World, f func()) {
	t.Helper()
	before := w.Dump()
	f()
	if w.Dump() != before {
		t.Error("something was written")
	}
}

// elsewhere reports whether a request is about nothing of the organization.
func (c cell) elsewhere() bool {
	return c.relation == "any" || c.relation == "personal" || c.outsiders()
}

// outsiders reports whether it is about what is the outsider's own.
func (c cell) outsiders() bool { return strings.Contains(c.relation, "the outsider's own") }

// TestG1_DeletedOrganization sends every request of the matrix about an organization
// that its owner has deleted, with all in it: for everybody it is not there.
func TestG1_DeletedOrganization(t *testing.T) {
	s := setStage(t)
	s.clients["owner"].Delete(s.team.Path("?content=delete")).Is(204)
	for _, row := range matrix() {
		if row.elsewhere() {
			continue
		}
		for _, actor := range actors {
			want := 404
			if strings.Fields(row.want)[slices.Index(actors, "outsider")] == "400" {
				want = 400 // a form names what is not there
			}
			if actor == "anonymous" || actor == "suspended" {
				want = 401
			}
			unchanged(t, s.w, func() {
				if a := row.send(s, s.clients[actor]); a.Status != want {
					t.Errorf("%s %s: %s gets %d, want %d: %.200s", row.route, row.relation, actor, a.Status, want, a.Body)
				}
			})
		}
	}
}

// TestG1_Unconfirmed sends every request of the matrix as somebody whose address was
// invited and is not confirmed: they get what a stranger gets, and are told to confirm
// it where they accept.
func TestG1_Unconfirmed(t *testing.T) {
	s := setStage(t)
	w := s.copy(t, optional)
	w.Client().Post("/api/auth/register", apptest.Form("mx.squatter", "nobody@example.org")).Is(201)
	c := w.SignIn("mx.squatter")
	for _, row := range matrix() {
		stranger := "outsider"
		if row.outsiders() {
			stranger = "rival"
		}
		want := strings.Fields(row.want)[slices.Index(actors, stranger)]
		if row.route == "POST /api/invitations/{key}/accept" && row.relation == "to somebody else" {
			want = "403"
		}
		before := w.Dump()
		a := row.send(s, c)
		if fmt.Sprint(a.Status) != want || a.Status == 403 && !strings.Contains(a.Body, "Confirm your e-mail address first.") {
			t.Errorf("%s %s: %d, want %s: %.200s", row.route, row.relation, a.Status, want, a.Body)
		}
		if a.Status >= 400 && w.Dump() != before {
			t.Errorf("%s %s: something was written", row.route, row.relation)
		}
	}
	// Where a confirmed address is mandatory they do not come in at all.
	s.w.Client().Post("/api/auth/register", apptest.Form("mx.squatter", "nobody@example.org")).Is(201)
	s.w.Client().Post("/api/auth/login", login("mx.squatter")).Is(400).Has("E-mail is not verified.")
}

// TestG1_OwnAndOthersObjects asks for the objects of an account as nobody, as their
// owner, as somebody else and as an administrator.
func TestG1_OwnAndOthersObjects(t *testing.T) {
	for _, row := range []struct {
		method, path string
		body         any
		want         [4]int
	}{
		{"GET", "/api/users/%[1]d", nil, [4]int{401, 200, 404, 200}},
		{"PATCH", "/api/users/%[1]d", object{"first_name": "Eve"}, [4]int{401, 200, 404, 200}},
		{"PATCH", "/api/users/%[1]d", object{"is_active": false}, [4]int{401, 403, 404, 200}},
		{"DELETE", "/api/users/%[1]d", nil, [4]int{401, 204, 404, 204}},
		{"GET", "/api/auth/access_tokens/%[2]s", nil, [4]int{401, 200, 404, 200}},
		{"PATCH", "/api/auth/access_tokens/%[2]s", object{"name": "x"}, [4]int{401, 200, 404, 200}},
		{"DELETE", "/api/auth/access_tokens/%[2]s", nil, [4]int{401, 204, 404, 204}},
		{"DELETE", "/api/auth/sessions/%[3]s", nil, [4]int{401, 204, 404, 404}},
	} {
		w := apptest.New(t, limitsOff)
		h := hold(w, "holder01")
		operator(w, "stranger", true)
		admin := h.admin()
		for i, n := range []int{0, 2, 3, 1} { // its owner last
			c := []*apptest.Client{w.Client(), w.SignIn("stranger"), admin, h.mine}[i]
			if n == 3 && row.want[3] < 300 {
				continue // allowed, and the owner's turn would find it done
			}
			send := func() { c.Do(row.method, located(row.path, h), row.body).Is(row.want[n]) }
			if row.want[n] >= 400 {
				unchanged(t, w, send)
			} else {
				send()
			}
		}
		if row.want[3] < 300 {
			w = apptest.New(t, limitsOff)
			h = hold(w, "holder01")
			a := h.admin().Do(row.method, located(row.path, h), row.body).Is(row.want[3])
			if _, value, _ := strings.Cut(h.headers["pat"], " "); strings.Contains(a.Body, value) {
				t.Errorf("%s %s tells an administrator the token", row.method, row.path)
			}
		}
	}
}

// located puts the ids of what somebody has into a path.
func located(path string, h *holder) string {
	return strings.NewReplacer("%[1]d", fmt.Sprint(h.uid), "%[2]s", h.tokenID, "%[3]s", h.session).Replace(path)
}

// TestG2_CASDOOR15630_ZIT105209_PathAndContextDisagree lets the owner of one
// organization name it, by header or query, in requests about the objects of another
// in which they are a worker, and in which they are nothing.
func TestG2_CASDOOR15630_ZIT105209_PathAndContextDisagree(t *testing.T) {
	w := apptest.New(t, limitsOff, transferOn)
	w.Join("founder", "founder@example.org")
	w.Join("mallory", "mallory@example.org")
	acme, beta := w.Found(w.SignIn("founder"), "acme"), w.Found(w.SignIn("mallory"), "beta")
	acme.Join("target", "worker")
	open, member := acme.Invite("guest@example.org", "worker"), acme.Member("target")
	try := func(role string, refused int) {
		t.Helper()
		mallory := w.SignIn("mallory")
		for name, c := range map[string]*apptest.Client{"header": beta.In(mallory), "slug": mallory, "id": mallory, "none": mallory} {
			query := map[string]string{"slug": "?org=beta", "id": fmt.Sprint("?org_id=", beta.ID)}[name]
			unchanged(t, w, func() {
				for _, a := range []*apptest.Answer{
					c.Patch(acme.Path(query), object{"name": "Mine"}), c.Delete(acme.Path(query)), c.Get(acme.Path("/audit" + query)),
					c.Patch(member+query, object{"role": "supervisor"}), c.Delete(member + query),
					c.Delete("/api/invitations/" + open + query), c.Post("/api/invitations/"+open+"/resend"+query, nil),
					c.Get("/api/invitations/" + open + "/delivery" + query),
					c.Post(acme.Path("/ownership"+query), object{"user_id": mallory.Get("/api/users/self").Int("id")}),
				} {
					if a.Status != refused || strings.Contains(a.Body, "guest@") {
						t.Errorf("%s, context by %s: %d %.200s", role, name, a.Status, a.Body)
					}
				}
			})
		}
	}
	try("stranger", 404)
	acme.Add(w.SignIn("mallory"), "mallory@example.org", "worker")
	try("worker", 403)
}

// TestG2_CASDOOR15630_ZIT105209_TwoContexts names two workspaces in one request, and
// one in the body beside the other.
func TestG2_CASDOOR15630_ZIT105209_TwoContexts(t *testing.T) {
	w := apptest.New(t, limitsOff)
	w.Join("founder", "founder@example.org")
	owner := w.SignIn("founder")
	acme, beta := w.Found(owner, "acme"), w.Found(owner, "beta")
	unchanged(t, w, func() {
		for _, q := range []string{"?org=beta", fmt.Sprint("?org_id=", beta.ID), fmt.Sprint("?org_id=", acme.ID), "?org=", "?org=acme&org=beta", fmt.Sprint("?org=acme&org_id=", beta.ID)} {
			acme.In(owner).Get("/api/memberships" + q).Is(400)
			acme.In(owner).Post("/api/invitations"+q, object{"email": "guest@example.org", "role": "worker"}).Is(400)
		}
	})
	body := object{"email": "guest@example.org", "role": "worker", "organization": acme.ID, "organization_id": acme.ID, "org": "acme"}
	beta.In(owner).Post("/api/invitations", body).Is(201).Has(fmt.Sprintf(`"organization":%d`, beta.ID))
	beta.In(owner).Get("/api/invitations").Is(200).Has(`"count":1`)
	acme.In(owner).Get("/api/invitations").Is(200).Has(`"count":0`)
	unchanged(t, w, func() {
		beta.In(owner).Post("/api/invitations/batch", object{"invitations": []object{{"email": "x@example.org", "role": "worker"}}, "organization": acme.ID}).Is(400)
		owner.Post("/api/permissions/check", object{"checks": []object{{"scope": "memberships:list", "organization": "acme"}}, "organization": "beta"}).Is(400)
	})
}

// TestG3_OrganizationsKeepWhatOnlyTheProductSets sends, with everything that makes or
// changes an organization, what only the product may set.
func TestG3_OrganizationsKeepWhatOnlyTheProductSets(t *testing.T) {
	w := apptest.New(t, limitsOff)
	w.Join("founder", "founder@example.org")
	w.Join("mallory", "mallory@example.org")
	owner := w.SignIn("founder")
	other := w.SignIn("mallory").Get("/api/users/self").Int("id")
	with := func(body object) object {
		for _, name := range []string{"id", "plan", "state", "verified", "stripe_customer_id", "created_at", "created_date", "updated_date", "is_admin", "key", "hash"} {
			body[name] = "planted value"
		}
		body["owner"], body["owner_id"], body["seats"], body["members"], body["Owner"], body["accepted"], body["user_id"], body["is_active"] = other, other, 77_777, 77_777, other, true, other, true
		return body
	}
	made := owner.Post("/api/organizations", with(object{"slug": "acme"})).Is(201)
	team := w.Team(&apptest.Team{Slug: "acme", ID: made.Int("id"), Owner: owner})
	owner.Patch(team.Path(""), with(object{"name": "Acme"})).Is(200)
	key := team.In(owner).Post("/api/invitations", with(object{"email": "guest@example.org", "role": "worker"})).Is(201).Has(`"accepted":false`).String("key")
	owner.Get("/api/invitations/" + key).Is(200).Has(`"accepted":false`).Has(`"username":"guest@example.org"`)
	owner.Get(team.Path("")).Is(200).Has(`"username":"founder"`)
	if dump := w.Dump(); strings.Contains(dump, "planted") || strings.Contains(dump, "77777") {
		t.Error("an unknown member was stored")
	}
	if m, o := balanced(w, team.ID); m != 1 || o != 1 {
		t.Errorf("%d members, %d invited", m, o)
	}
	at := team.Member("guest@example.org")
	unchanged(t, w, func() {
		owner.Patch(at, with(object{"role": "supervisor"})).Is(403)
		owner.Patch(at, object{"is_active": true}).Is(403)
		owner.Patch(at, object{"user": other}).Is(403)
		team.In(owner).Post("/api/invitations/batch", with(object{"invitations": []object{}})).Is(400).Has("Unknown field.")
		team.In(owner).Post("/api/invitations/batch", object{"invitations": []object{with(object{"email": "x@example.org", "role": "worker"})}}).Has("Unknown field.")
	})
}
