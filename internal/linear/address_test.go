package linear

import (
	"fmt"
	"strings"

	"gatehouse/internal/apptest"
)

// address: an e-mail address has one holder, whoever confirms it first, and nobody
// gets it while somebody holds it.

// address is who holds one, and whose links are spent or were called off.
type address struct {
	holder string
	spent  set
}

func doAddress(s address, c call, r reply) (address, string) {
	holds := s.holder == c.to
	used := s.spent.with(c.to)
	switch c.do {
	case "register": // by a link that makes an account
		return either(s.holder == "" && !s.spent.has(c.to), s, address{c.to, used})
	case "change": // by a link that changes an account
		return either((s.holder == "" || holds) && !s.spent.has(c.to), s, address{c.to, used})
	case "assign": // by an administrator's word
		if holds {
			return s, ok
		}
		return either(s.holder == "", s, address{c.to, used})
	case "free":
		if holds {
			return address{"", used}, ok
		}
		return s, ok
	case "shown":
		if r.value == fmt.Sprint(holds) {
			return s, ok
		}
		return s, "the other"
	}
	return s, "?"
}

const addresses = 2

func addressOf(n int) string { return fmt.Sprintf("wanted%d@example.org", n) }

// Of each address there are two whose registration waits and two who change to it.
func claimants(n int) (registering, changing []string) {
	for i := range 2 {
		registering = append(registering, fmt.Sprintf("newcomer%d%d", n, i))
		changing = append(changing, fmt.Sprintf("changer%d%d", n, i))
	}
	return registering, changing
}

func setAddress(s *stage) {
	s.user("operator0", "admin")
	for n := range addresses {
		email := addressOf(n)
		registering, changing := claimants(n)
		for _, name := range registering {
			s.Client().Post("/api/auth/register", apptest.Form(name, email)).Is(201)
			s.texts[name] = s.key(email, "confirm")
		}
		for _, name := range changing {
			s.user(name).Post("/api/auth/email", object{"email": email}).Is(200)
			s.texts[name] = s.key(email, "email-confirm")
		}
	}
}

func playAddress(h *history) {
	h.together(people(h), func(w *worker) {
		for range 2 + w.IntN(3) {
			w.claim(w.IntN(addresses))
		}
	})
}

func (w *worker) claim(n int) {
	email := addressOf(n)
	registering, changing := claimants(n)
	who := choose(w, changing...)
	send := func(do, who string, request func() answer) {
		w.do(call{part: email, do: do, to: who}, func() reply { return request().reply(refused) })
	}
	user := fmt.Sprint("/api/users/", w.ids[who])
	operator := w.people["operator0"]
	switch w.IntN(10) {
	case 0, 1:
		who = choose(w, registering...)
		send("register", who, func() answer {
			return w.ask(person{}, "POST", "/api/auth/verify-email", object{"key": w.texts[who]})
		})
	case 2, 3, 4:
		send("change", who, func() answer {
			return w.ask(person{}, "POST", "/api/auth/email/confirm", object{"key": w.texts[who]})
		})
	case 5, 6:
		send("assign", who, func() answer { return w.ask(operator, "PATCH", user, object{"email": email}) })
	case 7:
		send("free", who, func() answer { return w.ask(operator, "PATCH", user, object{"email": who + "@example.org"}) })
	default:
		w.do(call{part: email, do: "shown", to: who}, func() reply {
			a := w.ask(operator, "GET", user, nil)
			return a.giving(refused, func() string { return fmt.Sprint(strings.EqualFold(a.text("email"), email)) })
		})
	}
}
