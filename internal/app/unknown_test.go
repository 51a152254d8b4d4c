package app_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"gatehouse/internal/apptest"
)

func TestJ4_ASVS15_3_3_OwnRoutesNameUnknownMembers(t *testing.T) {
	tryAll(t, func(t *testing.T, c change, send func(string, ...string) *apptest.Answer) {
		if c.baseline || strings.HasPrefix(c.route, "PATCH /api/users") {
			return
		}
		body := c.body
		if body == "" {
			body = "{}"
		}
		send(with(t, body, "is_admin", "true")).Is(400).Says(`{"is_admin":["Unknown field."]}`)
		for name, value := range members(t, body) {
			for _, variant := range variants(name) {
				send(with(t, with(t, body, name, ""), variant, string(value))).Is(400).Has(`"` + variant + `":["Unknown field."]`)
			}
		}
	})
}

// variants are spellings that a careless decoder takes for the name.
func variants(name string) []string {
	out := []string{strings.ToUpper(name), strings.ToUpper(name[:1]) + name[1:], name + " "}
	if strings.Contains(name, "k") {
		out = append(out, strings.Replace(name, "k", "\u212a", 1))
	}
	if strings.Contains(name, "s") {
		out = append(out, strings.Replace(name, "s", "\u017f", 1))
	}
	return out
}

func TestJ4_VariantsDoNotCountOnBaselineRoutes(t *testing.T) {
	tryAll(t, func(t *testing.T, c change, send func(string, ...string) *apptest.Answer) {
		if !c.baseline || c.body == "" {
			return
		}
		value := members(t, c.body)
		for _, name := range strings.Fields(c.required) {
			for _, variant := range variants(name) {
				a := send(with(t, with(t, c.body, name, ""), variant, string(value[name])))
				a.Is(400).Has(`"` + name + `":["This field is required."]`)
			}
		}
	})
}

// TestG3_ASVS8_2_3_ASVS15_3_3_UnknownMembersAreNeverStored posts what only the product may set.
func TestG3_ASVS8_2_3_ASVS15_3_3_UnknownMembersAreNeverStored(t *testing.T) {
	w := apptest.New(t, limitsOff)
	f := apptest.Form("newbie01", "newbie01@example.com")
	for _, n := range []string{"groups", "is_staff", "is_superuser", "is_active", "uid", "id", "hash", "verified", "date_joined", "USERNAME", "key"} {
		f[n] = "planted value"
	}
	w.Client().Post("/api/auth/register", f).Is(201)
	w.Client().Post("/api/auth/verify-email", object{"key": apptest.Key(w, w.Mail("newbie01@example.com", "confirm").Links[0])}).Is(200)
	c := w.Client()
	c.Post("/api/auth/login", object{"username": "newbie01", "password": apptest.Password, "groups": []string{"admin"}}).Is(200)
	me := c.Get("/api/users/self").Is(200)
	me.Has(`"groups":["user"]`).Has(`"is_superuser":false`).Has(`"is_staff":false`)
	c.Post("/api/auth/access_tokens", object{"name": "robot", "uid": "planted value", "owner": 1}).Is(201)
	if strings.Contains(w.Dump(), "planted") {
		t.Error("an unknown member was stored")
	}
	id := fmt.Sprint("/api/users/", int64(me.JSON()["id"].(float64)))
	before := w.Dump()
	for _, n := range []string{"id", "uid", "password", "date_joined", "USERNAME", "has_analytics_access", "x"} {
		c.Patch(id, object{n: "planted value"}).Is(403)
	}
	for _, n := range []string{"email", "groups", "is_active", "is_staff", "is_superuser"} {
		c.Patch(id, object{n: map[string]any{"email": "other@example.com", "groups": []string{"admin"}}[n], "first_name": "Eve"})
	}
	c.Patch(id, object{"groups": []string{"admin"}}).Is(403)
	c.Patch(id, object{"is_superuser": true}).Is(403)
	c.Patch(id, object{"email": "other@example.com"}).Is(403)
	if w.Dump() != before {
		t.Error("a refused change was stored")
	}
}

func TestJ11_J12_ASVS15_3_7_PathsAndQueries(t *testing.T) {
	w := apptest.New(t, limitsOff)
	h := hold(w, "holder01")
	before := w.Dump()
	for _, p := range []string{"/api/users/..", "/api/users/%2e%2e", "/api/users/..%2f1", "/api/users/1%2f2", "/api/users/%00", "/api/users/1;x=1", "/api//users/self",
		"/api/users/self/", "/api/users/%c0%af", "/api/users/-1", "/api/users/01", "/api/users/1e3", "/api/users/99999999999999999999", "/api/users/self%20",
		"/api/auth/access_tokens/..%2fx", "/api/auth/sessions/%23", "/api/auth/access_tokens/0x1", "/static/..%2f..%2fgo.mod", "/static/%2e%2e/go.mod", "/.git/config"} {
		for _, method := range []string{"GET", "DELETE"} {
			a := h.mine.Do(method, p, nil)
			if a.Status != 404 && a.Status != 405 && a.Status != 400 {
				t.Errorf("%s %s: %d %.200s", method, p, a.Status, a.Body)
			}
		}
	}
	for _, q := range []string{"page=1&page=2", "search=a&search=b", "search=a&%73earch=b"} {
		for _, p := range []string{"/api/users", "/api/auth/sessions", "/api/auth/access_tokens", "/api/users/self/audit", "/api/auth/methods"} {
			h.mine.Get(p + "?" + q).Is(400)
		}
	}
	if w.Dump() != before {
		t.Error("the store changed")
	}
}

// TestJ1_Limit sends bodies of the largest size and one byte more, without saying
// how long they are.
func TestJ1_Limit(t *testing.T) {
	w := apptest.New(t, limitsOff)
	for n, want := range map[int]int{64 << 10: 400, 64<<10 + 1: 413} {
		body := `{"username":"` + strings.Repeat("x", n-len(`{"username":""}`)) + `"}`
		req, err := http.NewRequestWithContext(t.Context(), "POST", w.URL+"/api/auth/login", io.MultiReader(strings.NewReader(body)))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%d bytes: %d", n, res.StatusCode)
		}
	}
}
