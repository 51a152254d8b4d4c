package linear

import (
	"fmt"
	"strings"

	"gatehouse/internal/apptest"
)

// user name: a name has one holder, however it is spelt; a rename gives up one and
// takes another at one moment.

// usernames is how people spell theirs, and which are taken by registrations, folded.
type usernames struct {
	name  [namesakes]string
	taken set
}

func firstUsernames(half string) (s usernames) {
	for n := range namesakes {
		s.name[n] = namesake(n) + half
	}
	return s
}

// free reports whether nobody has a name, but perhaps somebody.
func (s usernames) free(name string, but int) bool {
	for n, other := range s.name {
		if n != but && strings.EqualFold(name, other) {
			return false
		}
	}
	return !s.taken.has(strings.ToLower(name))
}

func doUsername(s usernames, c call, r reply) (usernames, string) {
	by := -1
	if c.by != "" {
		by = int(c.by[len("person")] - '0')
	}
	next := s
	switch c.do {
	case "rename":
		next.name[by] = c.to
		return either(s.free(c.to, by), s, next)
	case "register":
		next.taken = s.taken.with(strings.ToLower(c.to))
		return either(s.free(c.to, by), s, next)
	case "shown":
		if r.value == s.name[by] {
			return s, ok
		}
		return s, "another"
	}
	return s, "?"
}

const namesakes = 4

func namesake(n int) string { return fmt.Sprintf("person%d", n) }

var wantedNames = []string{"falcon1", "Falcon1", "heron22", "HERON22", "person0", "Person1"}

func setUsername(s *stage) {
	for _, half := range halves {
		for n := range namesakes {
			s.user(namesake(n) + half)
		}
	}
}

func playUsername(h *history) {
	h.together(people(h), func(w *worker) {
		for range 2 + w.IntN(2) {
			w.rename(namesake(w.IntN(namesakes))+w.half(), choose(w, wantedNames...)+w.half())
		}
	})
}

func (w *worker) rename(by, to string) {
	self := fmt.Sprint("/api/users/", w.ids[by])
	if w.IntN(4) == 0 {
		to = by // back to their own
	}
	switch n := w.IntN(20); {
	case n < 12:
		w.do(call{part: w.half(), do: "rename", by: by, to: to}, func() reply {
			return w.ask(w.people[by], "PATCH", self, object{"username": to}).reply(refused)
		})
	case n < 14:
		w.do(call{part: w.half(), do: "register", to: to}, func() reply {
			return w.ask(person{}, "POST", "/api/auth/register", apptest.Form(to, fmt.Sprintf("new%d@example.org", w.Uint32()))).reply(refused)
		})
	default:
		w.do(call{part: w.half(), do: "shown", by: by}, func() reply {
			a := w.ask(w.people[by], "GET", self, nil)
			return a.giving(refused, func() string { return a.text("username") })
		})
	}
}
