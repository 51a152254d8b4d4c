package app_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"gatehouse/internal/apptest"
	"gatehouse/internal/store"
	"gatehouse/internal/store/storetest"
)

// TestStoreCalls counts what each operation asks of the store and holds it
// against testdata/calls.txt, so that one that grows is seen in a review. A
// signed-in request makes at most three rounds; sign-in two reads and one
// transaction, registration one read and one transaction, beside what their
// limits take: sign-in a put and an addition before the hash, and the addition
// that gives the network's share back.
func TestStoreCalls(t *testing.T) {
	w := apptest.New(t)
	var out strings.Builder
	fmt.Fprintln(&out, "# Store calls by operation. Written by: go test ./internal/app -run TestStoreCalls -update\n#")
	fmt.Fprintf(&out, "# %-36s %s\n", "operation", "calls in order; in brackets keys read, or ops written with the marker")
	measure := func(name string, rounds int, do func()) {
		t.Helper()
		w.Recorder.Reset()
		do()
		calls := w.Recorder.Calls()
		var parts []string
		for _, c := range calls {
			switch {
			case c.Name == storetest.QueryCall:
				parts = append(parts, "query")
			default:
				parts = append(parts, fmt.Sprintf("%s[%d]", verb(c), len(c.Keys)))
			}
		}
		fmt.Fprintf(&out, "%-38s %s\n", name, strings.Join(parts, " "))
		if len(calls) > rounds {
			t.Errorf("%s: %d calls, at most %d: %s", name, len(calls), rounds, strings.Join(parts, " "))
		}
	}
	measure("about, health", 0, func() {
		w.Client().Get("/api/server/about").Is(200)
		w.Client().Get("/api/server/health").Is(200)
	})
	measure("register", 3, func() { w.Client().Post("/api/auth/register", apptest.Form("counted", "counted@example.org")).Is(201) })
	key := apptest.Key(w, w.Mail("counted@example.org", "confirm").Links[0])
	measure("verify-email", 3, func() { w.Client().Post("/api/auth/verify-email", map[string]any{"key": key}).Is(200) })
	c := w.Client()
	measure("login, first", 6, func() { c.Post("/api/auth/login", login("counted")).Is(200) })
	measure("login, known browser", 7, func() { c.Post("/api/auth/login", login("counted")).Is(200) })
	measure("login, wrong password", 4, func() {
		w.Client().Post("/api/auth/login", map[string]any{"username": "counted", "password": "wrong"}).Is(400)
	})
	measure("users/self by cookie", 2, func() { c.Get("/api/users/self").Is(200) })
	tok := w.Client().Post("/api/auth/token", login("counted")).Is(200)
	measure("token refresh", 2, func() {
		w.Client().Post("/api/auth/token/refresh", map[string]any{"refresh_token": tok.String("refresh_token")}).Is(200)
	})
	bearer := w.Client().With("Authorization", "Bearer "+tok.String("access_token"))
	measure("users/self by access JWT", 2, func() { bearer.Get("/api/users/self").Is(200) })
	pat := c.Post("/api/auth/access_tokens", map[string]any{"name": "ci"}).Is(201).String("value")
	script := w.Client().With("Authorization", "Bearer "+pat)
	script.Get("/api/users/self").Is(200)
	measure("users/self by access token", 3, func() { script.Get("/api/users/self").Is(200) })
	measure("sessions", 2, func() { c.Get("/api/auth/sessions").Is(200) })
	measure("sessions, end all others", 2, func() { c.Delete("/api/auth/sessions").Is(204) })
	measure("password reset, asked", 3, func() {
		w.Client().Post("/api/auth/password/reset", map[string]any{"email": "counted@example.org"}).Is(200)
	})
	measure("organization, make", 4, func() { c.Post("/api/organizations", object{"slug": "acme"}).Is(201) })
	measure("organizations, mine", 4, func() { c.Get("/api/organizations").Is(200) })
	in := c.With("X-Organization", "acme")
	org := in.Get("/api/memberships").Is(200).JSON()["results"].([]any)[0].(object)
	at := fmt.Sprintf("/api/organizations/%d", int64(org["organization"].(float64)))
	measure("organization, read", 3, func() { c.Get(at).Is(200) })
	measure("organization, update", 3, func() { c.Patch(at, object{"name": "Acme"}).Is(200) })
	measure("users/self in an organization", 3, func() { in.Get("/api/users/self").Is(200) })
	measure("memberships, list", 4, func() { in.Get("/api/memberships").Is(200) })
	var invitation string
	measure("invite", 9, func() {
		invitation = in.Post("/api/invitations", object{"email": "guest@example.org", "role": "worker"}).Is(201).String("key")
	})
	measure("invitation, read", 4, func() { c.Get("/api/invitations/" + invitation).Is(200) })
	measure("invitation, resend", 7, func() { c.Post("/api/invitations/"+invitation+"/resend", nil).Is(204) })
	measure("invitations, list", 7, func() { in.Get("/api/invitations").Is(200) })
	w.Join("guest", "guest@example.org")
	guest := w.SignIn("guest")
	measure("invitations, count", 5, func() { guest.Get("/api/invitations/count").Is(200) })
	measure("invitation, accept", 4, func() { guest.Post("/api/invitations/"+invitation+"/accept", nil).Is(200) })
	member := in.Get("/api/memberships?user=guest").Is(200).JSON()["results"].([]any)[0].(object)
	id := fmt.Sprintf("/api/memberships/%d", int64(member["id"].(float64)))
	measure("membership, read", 3, func() { c.Get(id).Is(200) })
	measure("membership, role", 3, func() { c.Patch(id, object{"role": "supervisor"}).Is(200) })
	measure("permissions, one of a membership", 5, func() {
		in.Post("/api/permissions/check", object{"checks": []object{{"scope": "memberships:view", "resource": object{"type": "membership", "id": member["id"]}}}}).Is(200)
	})
	measure("membership, remove", 5, func() { c.Delete(id).Is(204) })
	workCalls(w, in, measure)
	measure("organization, audit log", 3, func() { c.Get(at + "/audit").Is(200) })
	measure("organization, delete", 3, func() { c.Delete(at).Is(204) })
	measure("logout", 2, func() { c.Post("/api/auth/logout", nil).Is(200) })
	holdGolden(t, "testdata/calls.txt", out.String())
}

func login(name string) map[string]any {
	return map[string]any{"username": name, "password": apptest.Password}
}

func verb(c storetest.Call) string {
	if c.Name == storetest.GetCall {
		return "get"
	}
	if len(c.Verbs) == 1 && c.Verbs[0] == store.VerbPut {
		return "put"
	}
	if len(c.Verbs) == 1 && c.Verbs[0] == store.VerbAdd {
		return "add"
	}
	return "transact"
}

// holdGolden compares with a golden file, or writes it with -update.
func holdGolden(t *testing.T, path, text string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(b) != text {
		t.Errorf("%s is not current: look at the difference, then run the test with -update\n%s", path, text)
	}
}
