package app_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gatehouse/internal/api"
	"gatehouse/internal/apptest"
	"gatehouse/internal/gateway"
)

func basic(name, pw string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+pw))
}

// holder has every kind of credential of one account.
type holder struct {
	w                         *apptest.World
	uid                       int64
	name                      string
	mine                      *apptest.Client // the browser that acts
	other                     *apptest.Client // another browser
	tokenID                   string
	headers                   map[string]string // Authorization by credential
	refresh                   string
	session                   string // id of the other browser's session
	org, invitation, waiting  string // an organization of theirs, an open invitation, its membership
	project, task, job, cloud string // ids of what they own in it
}

func hold(w *apptest.World, name string) *holder {
	w.Helper()
	h := &holder{w: w, name: name, uid: operator(w, name, true)}
	h.other = w.SignIn(name)
	for _, s := range h.other.Get("/api/auth/sessions").Is(200).JSON()["results"].([]any) {
		if s := s.(object); s["current"] == true {
			h.session = s["id"].(string)
		}
	}
	h.mine = w.Client()
	key := h.mine.Post("/api/auth/login", object{"username": name, "password": apptest.Password}).Is(200).String("key")
	bearer := w.Client().Post("/api/auth/token", object{"username": name, "password": apptest.Password}).Is(200)
	pat := h.mine.Post("/api/auth/access_tokens", object{"name": "robot", "read_only": false}).Is(201)
	h.refresh, h.tokenID = bearer.String("refresh_token"), strconv.FormatInt(int64(pat.JSON()["id"].(float64)), 10)
	h.headers = map[string]string{"token": "Token " + key, "jwt": "Bearer " + bearer.String("access_token"),
		"pat": "Bearer " + pat.String("value"), "basic": basic(name, apptest.Password)}
	return h
}

// frozen is a client with the cookies that another has now.
func frozen(c *apptest.Client, w *apptest.World) *apptest.Client {
	return w.Client().With("Cookie", "sessionid="+c.Cookie("sessionid")+"; csrftoken="+c.Cookie("csrftoken")).With("X-CSRFToken", c.Cookie("csrftoken"))
}

// accepted are the credentials, out of those that were good before, that still are.
func (h *holder) accepted(mine, other *apptest.Client) []string {
	h.w.Helper()
	got := map[string]bool{}
	note := func(name string, a *apptest.Answer) {
		if a.Status >= 500 {
			h.w.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
		got[name] = a.Status == 200
	}
	note("mine", mine.Get("/api/users/self"))
	note("other", other.Get("/api/users/self"))
	for name, v := range h.headers {
		note(name, h.w.Client().With("Authorization", v).Get("/api/users/self"))
	}
	note("refresh", h.w.Client().Post("/api/auth/token/refresh", object{"refresh_token": h.refresh}))
	maps.DeleteFunc(got, func(_ string, ok bool) bool { return !ok })
	return slices.Sorted(maps.Keys(got))
}

// contexts are the authorizer's answers for the credentials, as of now.
func (h *holder) contexts() map[string]map[string]any {
	h.w.Helper()
	out := map[string]map[string]any{}
	ask := func(name string, r *api.Request) {
		m, err := h.w.Accounts.Authorize(h.w.Context(), r)
		if err != nil {
			h.w.Fatal(err)
		}
		out[name] = m
	}
	for name, v := range h.headers {
		ask(name, &api.Request{Header: map[string]string{"authorization": v}})
	}
	for name, c := range map[string]*apptest.Client{"mine": h.mine, "other": h.other} {
		ask(name, &api.Request{Cookies: []api.Cookie{{Name: "sessionid", Value: c.Cookie("sessionid")}}})
	}
	return out
}

// replayed are the credentials that pass with the authorizer's earlier answer.
func (h *holder) replayed(contexts map[string]map[string]any) []string {
	h.w.Helper()
	var out []string
	for name, m := range contexts {
		event, err := gateway.SampleEvent(gateway.Sample{Route: "GET /api/users/self", Method: "GET", Target: "/api/users/self", Header: http.Header{}, Authorizer: m})
		if err != nil {
			h.w.Fatal(err)
		}
		reply, err := h.w.Functions["account"].Invoke(h.w.Context(), event)
		if err != nil {
			h.w.Fatal(err)
		}
		var r struct {
			StatusCode int `json:"statusCode"`
		}
		if err := json.Unmarshal(reply, &r); err != nil {
			h.w.Fatal(err)
		}
		if r.StatusCode == 200 {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// resetPassword goes the way of a forgotten password.
func resetPassword(w *apptest.World, email, pw string) *apptest.Answer {
	w.Helper()
	w.Client().Post("/api/auth/password/reset", object{"email": email}).Is(200)
	return w.Client().Post("/api/auth/password/reset/confirm", resetForm(w, email, pw))
}

func resetForm(w *apptest.World, email, pw string) object {
	w.Helper()
	u, err := url.Parse(w.Mail(email, "reset").Links[0])
	if err != nil {
		w.Fatal(err)
	}
	return object{"uid": u.Query().Get("uid"), "token": u.Query().Get("token"), "new_password1": pw, "new_password2": pw}
}

const newPassword = "violet harbour 91 trumpet"

// revocations are the events that end credentials, and what they leave alone.
var revocations = []struct {
	name  string
	event func(h *holder)
	live  string
}{
	{"nothing", func(*holder) {}, "basic jwt mine other pat refresh token"},
	{"sign-out", func(h *holder) { h.mine.Post("/api/auth/logout", nil).Is(200) }, "basic jwt other pat refresh"},
	{"sign-out by access JWT", func(h *holder) {
		h.w.Client().With("Authorization", h.headers["jwt"]).Post("/api/auth/logout", nil).Is(200)
	}, "basic mine other pat"},
	{"sign-out by token key", func(h *holder) {
		h.w.Client().With("Authorization", h.headers["token"]).Post("/api/auth/logout", nil).Is(200)
	}, "basic jwt mine other pat refresh"},
	{"refresh token revoked", func(h *holder) {
		h.w.Client().Post("/api/auth/token/revoke", object{"refresh_token": h.refresh}).Is(200)
	}, "basic mine other pat token"},
	{"session ended", func(h *holder) { h.mine.Delete("/api/auth/sessions/" + h.session).Is(204) }, "basic jwt mine pat refresh token"},
	{"others ended", func(h *holder) { h.mine.Delete("/api/auth/sessions").Is(204) }, "basic mine pat"},
	{"access token revoked", func(h *holder) { h.mine.Delete("/api/auth/access_tokens/" + h.tokenID).Is(204) }, "basic jwt mine other refresh token"},
	{"reauthenticated", func(h *holder) {
		h.mine.Post("/api/auth/reauthenticate", object{"password": apptest.Password}).Is(200)
	}, "basic jwt other pat refresh token"},
	{"password changed", func(h *holder) {
		h.mine.Post("/api/auth/password/change", object{"old_password": apptest.Password, "new_password1": newPassword, "new_password2": newPassword}).Is(200)
		h.mine.Get("/api/users/self").Is(200)
	}, "pat"},
	{"password reset", func(h *holder) { resetPassword(h.w, h.name+"@example.com", newPassword).Is(200) }, ""},
	{"own deletion", func(h *holder) { h.mine.Post("/api/users/self/deletion", nil).Is(200) }, ""},
	{"own deletion, baseline", func(h *holder) { h.mine.Delete("/api/users/" + strconv.FormatInt(h.uid, 10)).Is(204) }, ""},
	{"disabled", func(h *holder) { h.patch(object{"is_active": false}) }, ""},
	{"disabled and enabled", func(h *holder) { h.patch(object{"is_active": false}); h.patch(object{"is_active": true}) }, "basic"},
	{"deleted by an administrator", func(h *holder) { h.admin().Delete("/api/users/" + strconv.FormatInt(h.uid, 10)).Is(204) }, ""},
	{"ended by the operator", func(h *holder) {
		if err := h.w.Accounts.EndSessions(h.w.Context(), h.uid, true); err != nil {
			h.w.Fatal(err)
		}
	}, "basic"},
	{"change of address undone", func(h *holder) {
		h.mine.Post("/api/auth/email", object{"email": "moved@example.com"}).Is(200)
		h.w.Client().Post("/api/auth/email/confirm", object{"key": apptest.Key(h.w, h.w.Mail("moved@example.com", "email-confirm").Links[0])}).Is(200)
		h.w.Client().Post("/api/auth/email/undo", object{"key": apptest.Key(h.w, h.w.Mail(h.name+"@example.com", "email-changed").Links[0])}).Is(200)
	}, ""},
}

func (h *holder) admin() *apptest.Client {
	h.w.Helper()
	if _, err := h.w.Accounts.FindUser(h.w.Context(), "chief01"); err != nil {
		operator(h.w, "chief01", true, "admin")
	}
	return h.w.SignIn("chief01")
}

func (h *holder) patch(change object) {
	h.w.Helper()
	h.admin().Patch("/api/users/"+strconv.FormatInt(h.uid, 10), change).Is(200)
}

func TestC10_D7_ZIT22492_ASVS7_4_1_ASVS7_4_2_ASVS7_4_3_ASVS7_4_5_ASVS8_3_2_ASVS10_4_9_EveryEventEndsItsCredentials(t *testing.T) {
	for _, e := range revocations {
		t.Run(e.name, func(t *testing.T) {
			w := apptest.New(t, limitsOff)
			h := hold(w, "holder01")
			mine, other := frozen(h.mine, w), frozen(h.other, w)
			before := h.contexts()
			e.event(h)
			live := strings.Fields(e.live)
			if got := h.accepted(mine, other); !slices.Equal(got, live) {
				t.Errorf("accepted afterwards: %v, want %v", got, live)
			}
			live = slices.DeleteFunc(live, func(n string) bool { return n == "refresh" })
			for _, name := range h.replayed(before) {
				// A password that is checked once serves as long as nothing ended all sessions.
				if !slices.Contains(live, name) {
					t.Errorf("%s passes with what the authorizer said before", name)
				}
			}
		})
	}
}

func TestD1_KC7507_ASVS7_2_4_SignInReplacesTheSession(t *testing.T) {
	w := apptest.New(t)
	operator(w, "holder01", true)
	c := w.SignIn("holder01")
	old := frozen(c, w)
	c.Post("/api/auth/login", object{"username": "holder01", "password": apptest.Password}).Is(200)
	old.Get("/api/users/self").Is(401)
	c.Get("/api/users/self").Is(200)
	planted := w.Client().With("Cookie", "sessionid=0123456789abcdef; csrftoken=x")
	a := planted.Post("/api/auth/login", object{"username": "holder01", "password": apptest.Password}).Is(200)
	if strings.Contains(strings.Join(a.Header["Set-Cookie"], ";"), "0123456789abcdef") {
		t.Error("a planted session id was kept")
	}
}

func TestD15_OldestOfManySessionsEnds(t *testing.T) {
	w := apptest.New(t, limitsOff)
	operator(w, "holder01", true)
	first := w.SignIn("holder01")
	for range 50 {
		w.Clock.Add(1e9)
		w.SignIn("holder01")
	}
	first.Get("/api/users/self").Is(401)
	if n := w.SignIn("holder01").Get("/api/auth/sessions?page_size=all").JSON()["count"].(float64); n > 51 {
		t.Errorf("%v sessions", n)
	}
}
