package linear

import (
	"fmt"
	"strings"
	"time"

	"gatehouse/internal/apptest"
	"gatehouse/internal/token"
)

// session: what somebody has signed in with serves until it is ended, and never
// after; nothing but an end ends it.

// sessions are what is good of one account.
type sessions struct {
	alive    set    // cookies
	key      string // the legacy token key; "" if it has ended, "?" if nobody heard it
	password string
	disabled bool
	left     string // cookie that another took the place of when the password changed
	heir     string // that other one; "" if nobody heard it
}

const out = "out" // not signed in

func doSession(s sessions, c call, r reply) (sessions, string) {
	in := s.alive.has(c.by)
	only := func(cookie string) sessions {
		return sessions{alive: set("").with(cookie), password: s.password, disabled: s.disabled}
	}
	if c.do == "end" && r.word == no { // whoever has two reasons to refuse may say either
		return either(s.alive.has(c.to), s, s)
	}
	if !in && c.do == "password" && r.word == ok {
		return s.again(c, r)
	}
	if !in && strings.Contains("use others end password", c.do) {
		return s, out
	}
	switch c.do {
	case "use":
		return s, ok
	case "key":
		return either(s.key == c.arg, s, s)
	case "login":
		if s.disabled || c.arg != s.password {
			return s, no
		}
		return s.signedIn(r)
	case "logout":
		if in {
			s.alive, s.key = s.alive.without(c.by), ""
		}
		return s, ok
	case "others":
		next := only(c.by)
		if c.by == s.heir { // which lives on, so that it is still told to whoever may not have heard of it
			next.left, next.heir = s.left, s.heir
		}
		return next, ok
	case "end":
		next := s
		next.alive = s.alive.without(c.to)
		return either(s.alive.has(c.to), s, next)
	case "password":
		next := only(r.value)
		next.password, next.left, next.heir = c.to, c.by, r.value
		return either(c.arg == s.password, s, next)
	case "disable":
		if s.disabled {
			return s, ok
		}
		next := only("")
		next.disabled = true
		return next, ok
	case "enable":
		s.disabled = false
		return s, ok
	}
	return s, "?"
}

// again is a change of password that was carried out before, and whose answer may be
// lost: for half a minute it is answered once more with the same session.
func (s sessions) again(c call, r reply) (sessions, string) {
	if c.by != s.left || c.to != s.password || s.disabled || s.heir != "" && (s.heir != r.value || !s.alive.has(r.value)) {
		return s, out
	}
	s.heir, s.alive = r.value, s.alive.with(r.value)
	return s, ok
}

// signedIn adds the session of a sign-in, which answers with the token key: a new
// one only if the one before has ended.
func (s sessions) signedIn(r reply) (sessions, string) {
	cookie, key, _ := strings.Cut(r.value, " ")
	if r.word == unknown {
		cookie, key = "", "?"
	}
	if s.key == "" || s.key == "?" {
		s.key = key
	} else if s.key != key && r.word != unknown {
		return s, "the key that is good"
	}
	s.alive = s.alive.with(cookie)
	return s, ok
}

var holders = []string{"holder0", "holder1"}

// passwords are those that people change to.
var passwords = []string{apptest.Password, newPassword, "saddle comet 33 lagoon"}

func setSession(s *stage) {
	s.user("operator0", "admin")
	for _, name := range holders {
		s.user(name)
		a := s.Client().Post("/api/auth/login", object{"username": name, "password": apptest.Password}).Is(200)
		s.texts["key "+name] = a.String("key")
		for _, as := range []string{name + " a", name + " b"} {
			s.signIn(name, as)
		}
	}
}

// firstSessions are those of the stage. A part is named by what it begins with.
func firstSessions(part string) sessions {
	f := strings.Fields(part)
	return sessions{alive: set("").with(f[1]).with(f[2]), key: f[3], password: apptest.Password}
}

func (s *stage) partOf(name string) string {
	return strings.Join([]string{name, s.people[name+" a"].session, s.people[name+" b"].session, s.texts["key "+name]}, " ")
}

func playSession(h *history) {
	for _, name := range holders {
		for _, as := range []string{name + " a", name + " b"} {
			h.meet(name, h.people[as])
		}
		h.notes.add("key "+name, h.texts["key "+name])
	}
	round := func(w *worker) {
		for range 1 + w.IntN(2) {
			w.sign(choose(w, holders...))
		}
	}
	h.together(people(h), round)
	h.wait(2 * time.Hour) // uses are noted from now on
	h.together(people(h), round)
}

// meet notes a browser, so that others can use it.
func (h *history) meet(name string, p person) { h.notes.add(name, p.session+" "+p.csrf) }

// browser is one that somebody has, or had, a session in.
func (w *worker) browser(name string) person {
	session, csrf, _ := strings.Cut(w.notes.pick(w, name), " ")
	return person{session, csrf}
}

// sign does something with the sessions of an account.
func (w *worker) sign(name string) {
	p, other := w.browser(name), w.browser(name)
	words := map[int]string{400: no, 401: out, 404: no}
	send := func(do, to, method, path string, body any) {
		w.do(call{part: w.partOf(name), do: do, by: p.session, to: to}, func() reply { return w.ask(p, method, path, body).reply(words) })
	}
	switch n := w.IntN(24); {
	case n < 9:
		send("use", "", "GET", "/api/users/self", nil)
	case n < 11:
		key := w.notes.pick(w, "key "+name)
		w.do(call{part: w.partOf(name), do: "key", arg: key}, func() reply {
			return w.ask(person{}, "GET", "/api/users/self", nil, "Authorization", "Token "+key).reply(refused)
		})
	case n < 14:
		w.login(name)
	case n < 16:
		send("logout", "", "POST", "/api/auth/logout", nil)
	case n < 18:
		send("others", "", "DELETE", "/api/auth/sessions", nil)
	case n < 20:
		_, sid, _ := token.ParseSession(other.session)
		send("end", other.session, "DELETE", "/api/auth/sessions/"+sid, nil)
	case n < 22:
		w.newPassword(name, p)
	default:
		w.enable(name, n == 22)
	}
}

func (w *worker) login(name string) {
	c := call{part: w.partOf(name), do: "login", arg: choose(w, passwords...)}
	if w.IntN(2) == 0 {
		c.arg = apptest.Password
	}
	w.do(c, func() reply {
		a := w.ask(person{}, "POST", "/api/auth/login", object{"username": name, "password": c.arg})
		r := a.giving(refused, func() string { return a.set["sessionid"] + " " + a.text("key") })
		if r.word == ok {
			w.meet(name, person{a.set["sessionid"], a.set["csrftoken"]})
			w.notes.add("key "+name, a.text("key"))
		}
		return r
	})
}

func (w *worker) newPassword(name string, p person) {
	c := call{part: w.partOf(name), do: "password", by: p.session, arg: passwords[0], to: choose(w, passwords...)}
	if w.IntN(3) == 0 {
		c.arg = choose(w, passwords...)
	}
	w.do(c, func() reply {
		a := w.ask(p, "POST", "/api/auth/password/change", object{"old_password": c.arg, "new_password1": c.to, "new_password2": c.to})
		r := a.giving(map[int]string{400: no, 401: out}, func() string { return a.set["sessionid"] })
		if r.word == ok {
			w.meet(name, person{a.set["sessionid"], a.set["csrftoken"]})
		}
		return r
	})
}

func (w *worker) enable(name string, active bool) {
	c := call{part: w.partOf(name), do: "disable"}
	if active {
		c.do = "enable"
	}
	w.do(c, func() reply {
		return w.ask(w.people["operator0"], "PATCH", fmt.Sprint("/api/users/", w.ids[name]), object{"is_active": active}).reply(refused)
	})
}
