package linear

import "fmt"

// role: what somebody may do is what a role allows that they had at some moment of
// the request.

// roleOf is the role of one member; "" is none.
type roleOf string

const missing = "missing" // to whoever is no member the organization is not there

func doRole(s roleOf, c call, r reply) (roleOf, string) {
	if s == "" {
		return s, missing
	}
	switch c.do {
	case "set":
		return roleOf(c.arg), ok
	case "remove", "leave":
		return "", ok
	case "audit", "describe", "invite":
		return either(s == "maintainer", s, s)
	case "shown":
		if r.value == string(s) {
			return s, ok
		}
		return s, "another"
	}
	return s, "?"
}

const members = 3

func memberName(n int) string { return fmt.Sprintf("member%d", n) }

func setRole(s *stage) {
	team := s.Found(s.user("owner0"), "acme")
	s.ids["acme"] = team.ID
	for n := range members {
		name := memberName(n)
		team.Add(s.user(name), name+"@example.org", "maintainer")
		s.ids["membership "+name] = team.Membership(name)
	}
}

func firstRole(string) roleOf { return "maintainer" }

func playRole(h *history) {
	h.together(people(h), func(w *worker) {
		for range 2 + w.IntN(4) {
			w.act(memberName(w.IntN(members)))
		}
	})
}

// act uses or changes the role of a member.
func (w *worker) act(name string) {
	org := fmt.Sprint("/api/organizations/", w.ids["acme"])
	member := fmt.Sprint("/api/memberships/", w.ids["membership "+name])
	send := func(do, as, arg, method, path string, body any, headers ...string) {
		w.do(call{part: name, do: do, arg: arg}, func() reply {
			a := w.ask(w.people[as], method, path, body, headers...)
			words := map[int]string{403: no, 404: missing}
			if do == "leave" {
				words[403] = missing // whoever is in may always leave
			}
			return a.giving(words, func() string { return a.text("role") })
		})
	}
	switch n := w.IntN(40); {
	case n < 14:
		role := choose(w, "worker", "supervisor", "maintainer", "maintainer")
		send("set", "owner0", role, "PATCH", member, object{"role": role})
	case n < 22:
		send("audit", name, "", "GET", org+"/audit", nil)
	case n < 28:
		send("describe", name, "", "PATCH", org, object{"description": fmt.Sprint("by ", name, w.Uint32())})
	case n < 34:
		send("invite", name, "", "POST", "/api/invitations", object{"email": fmt.Sprintf("new%d@example.org", w.Uint32()), "role": "worker"}, "X-Organization", "acme")
	case n < 38:
		send("shown", "owner0", "", "GET", member, nil)
	case n < 39:
		send("remove", "owner0", "", "DELETE", member, nil)
	default:
		send("leave", name, "", "DELETE", member, nil)
	}
}
