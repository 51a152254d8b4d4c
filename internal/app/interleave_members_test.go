package app_test

import "fmt"

// organizations are those about organizations as a whole.
func (s *scene) organizations() []operation {
	found := func(name, who, slug string) operation {
		return s.json(name, who, "POST /api/organizations", "/api/organizations", object{"slug": slug})
	}
	change := func(name, who string, body object) operation {
		return s.json(name, who, "PATCH /api/organizations/{id}", s.acme.Path(""), body)
	}
	return []operation{
		found("found", "outsider", "fresh"),
		keyed(found("found", "outsider", "fresh")),
		found("found, same name", "rival", "fresh"),
		found("found, by the maintainer", "maintainer", "other"),
		change("rename", "owner", object{"slug": "fresh"}),
		change("rename, by the maintainer", "maintainer", object{"slug": "fresh"}),
		change("describe", "maintainer", object{"description": "new"}),
		s.json("delete", "owner", "DELETE /api/organizations/{id}", s.acme.Path(""), nil),
		s.json("delete, by an administrator", "admin", "DELETE /api/organizations/{id}", s.acme.Path(""), nil),
		s.json("offer", "owner", "POST /api/organizations/{id}/ownership", s.acme.Path("/ownership"), object{"user_id": s.ids["user supervisor"]}),
		s.json("take over", "maintainer", "POST /api/organizations/{id}/ownership/accept", s.acme.Path("/ownership/accept"), nil),
		s.json("withdraw the offer", "owner", "DELETE /api/organizations/{id}/ownership", s.acme.Path("/ownership"), nil),
		s.json("refuse the offer", "maintainer", "DELETE /api/organizations/{id}/ownership", s.acme.Path("/ownership"), nil),
	}
}

// memberships are those about single members.
func (s *scene) memberships() []operation {
	at := func(whose string) string { return fmt.Sprint("/api/memberships/", s.ids[whose]) }
	role := func(name, who, whose, role string) operation {
		return s.json(name, who, "PATCH /api/memberships/{id}", at(whose), object{"role": role})
	}
	remove := func(name, who, whose string) operation {
		return s.json(name, who, "DELETE /api/memberships/{id}", at(whose), nil)
	}
	return []operation{
		role("raise", "owner", "holder", "supervisor"),
		role("raise, by the maintainer", "maintainer", "holder", "supervisor"),
		role("raise to maintainer", "owner", "holder", "maintainer"),
		role("raise the invited", "owner", "pending", "supervisor"),
		role("lower the maintainer", "owner", "maintainer", "worker"),
		role("administrator makes an owner", "admin", "supervisor", "owner"),
		remove("remove", "owner", "holder"),
		remove("remove, by the maintainer", "maintainer", "holder"),
		remove("remove the maintainer", "owner", "maintainer"),
		remove("remove the invited", "owner", "pending"),
		remove("leave", "holder", "holder"),
		remove("maintainer leaves", "maintainer", "maintainer"),
	}
}

// invitations are those that invite, and what becomes of that.
func (s *scene) invitations() []operation {
	invite := func(name, who, email string) operation {
		return s.in(s.json(name, who, "POST /api/invitations", "/api/invitations", object{"email": email, "role": "worker"}))
	}
	batch := func(emails ...string) (list []object) {
		for _, e := range emails {
			list = append(list, object{"email": e, "role": "worker"})
		}
		return list
	}
	of := func(name, who, method, key, rest string) operation {
		return s.json(name, who, method+" /api/invitations/{key}"+rest, "/api/invitations/"+s.keys[key]+rest, nil)
	}
	accept := of("accept", "pending", "POST", "open", "/accept")
	return []operation{
		invite("invite", "owner", "fresh@example.org"),
		keyed(invite("invite", "owner", "fresh@example.org")),
		invite("invite, by the maintainer", "maintainer", "fresh@example.org"),
		invite("invite somebody else", "maintainer", "another@example.org"),
		invite("invite the expired", "owner", "expired1@example.org"),
		s.in(s.json("invite many", "owner", "POST /api/invitations/batch", "/api/invitations/batch", object{"invitations": batch("another@example.org", "third@example.org")})),
		accept,
		keyed(accept),
		of("decline", "pending", "POST", "open", "/decline"),
		of("withdraw", "owner", "DELETE", "open", ""),
		of("resend", "owner", "POST", "open", "/resend"),
		of("withdraw the newcomer's", "owner", "DELETE", "unknown", ""),
		of("resend the newcomer's", "maintainer", "POST", "unknown", "/resend"),
		of("resend the expired", "owner", "POST", "expired", "/resend"),
		of("withdraw the expired", "owner", "DELETE", "expired", ""),
		of("accept the rival's", "holder", "POST", "rival's", "/accept"),
	}
}
