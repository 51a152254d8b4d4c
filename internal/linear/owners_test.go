package linear

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// owners: an organization has exactly one owner while it lives, who has an account,
// and nobody becomes it but by the owner's offer or by an administrator.

// owners is an organization and who is in it.
type owners struct {
	dead      bool
	owner     string
	to, by    string // of the offer; to is "" if there is none
	role      [4]string
	out, gone set // whose account they had ended, or was erased
}

const operator = "operator0"

var crew = []string{"owner0", "maintainer0", "maintainer1", "worker0"}

func firstOwners(string) owners {
	return owners{owner: "owner0", role: [4]string{"owner", "maintainer", "maintainer", "worker"}}
}

func (s *owners) roleOf(name string) *string { return &s.role[slices.Index(crew, name)] }

func doOwners(s owners, c call, r reply) (owners, string) {
	in := func(name string) bool { return !s.dead && *s.roleOf(name) != "" }
	active := func(name string) bool { return !s.out.has(name) && !s.gone.has(name) }
	here := active(c.by)
	next := s
	switch c.do {
	case "offer":
		next.to, next.by = c.to, s.owner
		return either(here && in(c.to) && s.owner == c.by && c.to != s.owner, s, next)
	case "take":
		return either(here && in(c.by) && s.to == c.by && s.by == s.owner, s, s.handedTo(c.by))
	case "drop":
		next.to, next.by = "", ""
		return either(here && in(c.by) && s.to != "" && (s.to == c.by || s.owner == c.by), s, next)
	case "crown":
		if in(c.to) && s.owner == c.to {
			return s, ok // is what they are
		}
		return either(in(c.to) && active(c.to), s, s.handedTo(c.to))
	case "part":
		*next.roleOf(c.to) = ""
		may := c.by == c.to || s.owner == c.by || *s.roleOf(c.by) == "maintainer" && *s.roleOf(c.to) == "worker"
		return either(here && in(c.by) && in(c.to) && c.to != s.owner && may, s, next)
	case "delete":
		next.dead = true
		return either(here && !s.dead && s.owner == c.by, s, next)
	case "quit":
		next.out = s.out.with(c.by)
		return either(here && (s.dead || s.owner != c.by), s, next)
	case "erase":
		next.gone = s.gone.with(c.to)
		return either(!s.gone.has(c.to) && (s.dead || s.owner != c.to), s, next)
	case "who":
		return s, s.says(r.value == s.owner)
	case "roles":
		return s, s.says(r.value == fmt.Sprint(s.role))
	}
	return s, "?"
}

func (s owners) handedTo(heir string) owners {
	*s.roleOf(s.owner), *s.roleOf(heir) = "maintainer", "owner"
	s.owner, s.to, s.by = heir, "", ""
	return s
}

// says is the word of a read that shows what there is.
func (s owners) says(right bool) string {
	switch {
	case s.dead:
		return no
	case right:
		return ok
	}
	return "something else"
}

func setOwners(s *stage) {
	s.user(operator, "admin")
	for _, half := range halves {
		team := s.Found(s.user(crew[0]+half), "acme"+half)
		s.ids["acme"+half] = team.ID
		for _, name := range crew[1:] {
			team.Add(s.user(name+half), name+half+"@example.org", strings.TrimRight(name, "0123456789"))
		}
		for _, name := range crew {
			s.ids["membership "+name+half] = team.Membership(name + half)
		}
	}
}

func playOwners(h *history) {
	h.together(people(h), func(w *worker) {
		for range 2 + w.IntN(2) {
			w.own(choose(w, crew...), choose(w, crew...))
		}
	})
	h.cuts = false
	h.together(len(halves), func(w *worker) { w.look("who"); w.look("roles") })
}

var refused = map[int]string{400: no, 401: no, 403: no, 404: no, 409: no}

// own does something about the organization.
func (w *worker) own(by, to string) {
	half := w.half()
	path := fmt.Sprint("/api/organizations/", w.ids["acme"+half])
	member := fmt.Sprint("/api/memberships/", w.ids["membership "+to+half])
	send := func(do, as, to, method, path string, body any) {
		c := call{part: half, do: do, by: as, to: to}
		if as != operator {
			as += half
		}
		w.do(c, func() reply { return w.ask(w.people[as], method, path, body).reply(refused) })
	}
	switch n := w.IntN(24); {
	case n < 7:
		if w.IntN(3) > 0 {
			by = "owner0" // who may, at first
		}
		send("offer", by, to, "POST", path+"/ownership", object{"user_id": w.ids[to+half]})
	case n < 12:
		send("take", by, "", "POST", path+"/ownership/accept", nil)
	case n < 14:
		send("drop", by, "", "DELETE", path+"/ownership", nil)
	case n < 15:
		send("crown", operator, to, "PATCH", member, object{"role": "owner"})
	case n < 17:
		send("part", by, to, "DELETE", member, nil)
	case n < 18:
		if w.IntN(3) == 0 {
			send("delete", by, "", "DELETE", path, nil)
		}
	case n < 20:
		send("quit", by, "", "POST", "/api/users/self/deletion", nil)
	case n < 21:
		send("erase", operator, to, "DELETE", fmt.Sprint("/api/users/", w.ids[to+half]), nil)
	default:
		w.look("who")
	}
}

// look looks at the organization as the operator sees it.
func (w *worker) look(do string) {
	half := w.half()
	w.do(call{part: half, do: do}, func() reply {
		if do == "who" {
			a := w.ask(w.people[operator], "GET", fmt.Sprint("/api/organizations/", w.ids["acme"+half]), nil)
			return a.giving(refused, func() string { return w.nameOf(half, a.text("owner", "id")) })
		}
		a := w.ask(w.people[operator], "GET", "/api/memberships?org=acme"+half+"&page_size=100", nil)
		return a.giving(refused, func() string { return w.rolesIn(half, a.body) })
	})
}

func (s *stage) nameOf(half, id string) string {
	for _, name := range crew {
		if fmt.Sprint(s.ids[name+half]) == id {
			return name
		}
	}
	return "?" + id
}

func (s *stage) rolesIn(half, body string) string {
	var list struct {
		Results []struct {
			User struct {
				ID json.Number `json:"id"`
			} `json:"user"`
			Role string `json:"role"`
		} `json:"results"`
	}
	if err := json.Unmarshal([]byte(body), &list); err != nil {
		return err.Error()
	}
	var roles [4]string
	for _, m := range list.Results {
		at := slices.Index(crew, s.nameOf(half, m.User.ID.String()))
		if at < 0 || roles[at] != "" {
			return body
		}
		roles[at] = m.Role
	}
	return fmt.Sprint(roles)
}
