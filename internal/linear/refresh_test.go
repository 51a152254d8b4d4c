package linear

import (
	"slices"
	"strings"
	"time"

	"gatehouse/internal/apptest"
)

// refresh: the newest token of a chain advances it; the one before gets the same
// successor for half a minute; any other ends the session, with all its tokens.

// chain are the tokens of a session, in order. The last is not yet used; "?" is one
// whose answer nobody heard.
type chain struct {
	tokens string // after each other, with spaces between
	used   int64  // when the last but one was used first
	ended  bool
}

const grace = 30_000

// firstChain is that of a session whose first token names the part.
func firstChain(part string) chain { return chain{tokens: part} }

func doRefresh(s chain, c call, r reply) (chain, string) {
	end := s
	end.ended = true
	tokens := strings.Fields(s.tokens)
	last := len(tokens) - 1
	at := slices.Index(tokens, c.arg)
	switch {
	case c.do == "use":
		return either(!s.ended, s, s)
	case c.do == "revoke":
		if at < 0 {
			return s, ok // is none that is known, or of a session that is over
		}
		return end, ok
	case s.ended:
		return s, no
	case at == last:
		value := r.value
		if r.word == unknown {
			value = "?"
		} else if slices.Contains(tokens, value) {
			return s, "a new one"
		}
		return chain{s.tokens + " " + value, c.now, false}, ok
	case at == last-1 && at >= 0 && c.now-s.used <= grace:
		if tokens[last] == "?" && r.word != unknown {
			tokens[last] = r.value
			s.tokens = strings.Join(tokens, " ")
		}
		return s, sameOr(r, tokens[last])
	}
	return end, no
}

// sameOr is ok if the value is the one that it must be.
func sameOr(r reply, want string) string {
	if r.value == want {
		return ok
	}
	return "the same"
}

var bearers = []string{"bearer0", "bearer1"}

func setRefresh(s *stage) {
	for _, name := range bearers {
		s.user(name)
		a := s.Client().Post("/api/auth/token", object{"username": name, "password": apptest.Password}).Is(200)
		s.texts["refresh "+name], s.texts["access "+name] = a.String("refresh_token"), a.String("access_token")
	}
}

func playRefresh(h *history) {
	for _, name := range bearers {
		h.notes.add("refresh "+name, h.texts["refresh "+name])
		h.notes.add("access "+name, h.texts["access "+name])
	}
	pauses := [][]time.Duration{{10 * time.Second, 20 * time.Second}, {31 * time.Second}, {30 * time.Second, time.Millisecond}}
	for _, pause := range pauses[h.seed/3%3] {
		h.together(people(h), func(w *worker) {
			for range 1 + w.IntN(2) {
				w.refresh(choose(w, bearers...))
			}
		})
		h.wait(pause)
	}
	h.together(4, func(w *worker) { w.refresh(choose(w, bearers...)) })
}

// refresh does something with a chain. Its tokens are told from each other by their
// texts, which stand in the state as they are.
func (w *worker) refresh(name string) {
	newest := w.notes.pick(w, "refresh "+name)
	c := call{part: w.texts["refresh "+name], arg: newest}
	switch n := w.IntN(20); {
	case n < 14:
		c.do, c.once = "refresh", true
		var access string
		r := w.do(c, func() reply {
			a := w.ask(person{}, "POST", "/api/auth/token/refresh", object{"refresh_token": newest})
			access = a.text("access_token")
			return a.giving(refused, func() string { return a.text("refresh_token") })
		})
		if r.word == ok {
			w.notes.add("refresh "+name, r.value)
			w.notes.add("access "+name, access)
		}
	case n < 19:
		c.do, c.arg = "use", ""
		w.do(c, func() reply {
			return w.ask(person{}, "GET", "/api/users/self", nil, "Authorization", "Bearer "+w.notes.pick(w, "access "+name)).reply(refused)
		})
	default:
		if w.IntN(3) == 0 {
			c.do = "revoke"
			w.do(c, func() reply {
				return w.ask(person{}, "POST", "/api/auth/token/revoke", object{"refresh_token": newest}).reply(refused)
			})
		}
	}
}
