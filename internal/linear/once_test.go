package linear

import (
	"net/url"

	"gatehouse/internal/apptest"
)

// once: what a mail holds serves once. Whoever repeats the request that it served,
// by the same Idempotency-Key, hears the same again; everybody else is refused.

// once is a link, and by which Idempotency-Key it was used.
type once struct {
	used bool
	by   string
}

func doOnce(s once, c call, _ reply) (once, string) {
	if s.used {
		return either(c.arg != "" && c.arg == s.by, s, s)
	}
	return once{true, c.arg}, ok
}

// links are the kinds of link that serve once.
var links = []string{"reset", "verify", "change", "undo", "deletion"}

const newPassword = "violet anchor 91 turbine"

func setOnce(s *stage) {
	s.Client().Post("/api/auth/register", apptest.Form("verify0", "verify0@example.org")).Is(201)
	s.texts["verify"] = s.key("verify0@example.org", "confirm")

	s.user("reset0")
	s.Client().Post("/api/auth/password/reset", object{"email": "reset0@example.org"}).Is(200)
	u, err := url.Parse(s.link("reset0@example.org", "reset"))
	if err != nil {
		s.Fatal(err)
	}
	s.texts["reset"], s.texts["reset user"] = u.Query().Get("token"), u.Query().Get("uid")

	s.user("change0").Post("/api/auth/email", object{"email": "change1@example.org"}).Is(200)
	s.texts["change"] = s.key("change1@example.org", "email-confirm")

	s.user("undo0").Post("/api/auth/email", object{"email": "undo1@example.org"}).Is(200)
	s.Client().Post("/api/auth/email/confirm", object{"key": s.key("undo1@example.org", "email-confirm")}).Is(200)
	s.texts["undo"] = s.key("undo0@example.org", "email-changed")

	s.user("deletion0").Post("/api/users/self/deletion", nil).Is(200)
	s.texts["deletion"] = s.key("deletion0@example.org", "deletion")
}

func playOnce(h *history) {
	h.together(people(h), func(w *worker) {
		for range 2 + w.IntN(3) {
			w.follow(choose(w, links...))
		}
	})
}

// follow uses a link.
func (w *worker) follow(kind string) {
	method, path, body := "POST", "", object{"key": w.texts[kind]}
	switch kind {
	case "reset":
		path = "/api/auth/password/reset/confirm"
		body = object{"uid": w.texts["reset user"], "token": w.texts[kind], "new_password1": newPassword, "new_password2": newPassword}
	case "verify":
		path = "/api/auth/verify-email"
	case "change":
		path = "/api/auth/email/confirm"
	case "undo":
		path = "/api/auth/email/undo"
	case "deletion":
		method, path = "DELETE", "/api/users/self/deletion"
	}
	c := call{part: kind, do: "spend"}
	var headers []string
	if w.IntN(3) == 0 {
		c.arg = choose(w, "first", "second")
		headers = []string{"Idempotency-Key", c.arg}
	}
	w.do(c, func() reply { return w.ask(person{}, method, path, body, headers...).reply(refused) })
}
