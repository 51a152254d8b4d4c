package faults

import (
	"fmt"

	"gatehouse/internal/apptest"
)

func organizationScenarios() []scenario {
	offered := func(s *stage) (*apptest.Team, *apptest.Client) {
		t, member := s.team()
		t.Owner.Post(t.Path("/ownership"), object{"user_id": s.id(member)}).Is(200)
		return t, member
	}
	return []scenario{
		{route: "POST /api/organizations", keyed: true, set: func(s *stage) request {
			return sending(s.user("founder1"), "POST", "/api/organizations", object{"slug": "acme", "name": "Acme"})
		}},
		{route: "POST /api/organizations", name: "without key", again: []int{400}, set: func(s *stage) request {
			return sending(s.user("founder1"), "POST", "/api/organizations", object{"slug": "acme", "name": "Acme"})
		}},
		{route: "PATCH /api/organizations/{id}", set: func(s *stage) request {
			t, _ := s.team()
			return sending(t.Owner, "PATCH", t.Path(""), object{"slug": "other", "name": "Other"})
		}},
		{route: "DELETE /api/organizations/{id}", again: []int{404}, set: func(s *stage) request {
			t, _ := s.team()
			return sending(t.Owner, "DELETE", t.Path(""), nil)
		}},
		{route: "POST /api/organizations/{id}/ownership", keyed: true, set: func(s *stage) request {
			t, member := s.team()
			return sending(t.Owner, "POST", t.Path("/ownership"), object{"user_id": s.id(member)})
		}},
		{route: "POST /api/organizations/{id}/ownership/accept", keyed: true, set: func(s *stage) request {
			t, member := offered(s)
			return sending(member, "POST", t.Path("/ownership/accept"), nil)
		}},
		{route: "DELETE /api/organizations/{id}/ownership", again: []int{404}, set: func(s *stage) request {
			t, _ := offered(s)
			return sending(t.Owner, "DELETE", t.Path("/ownership"), nil)
		}},
	}
}

func membershipScenarios() []scenario {
	return []scenario{
		{route: "PATCH /api/memberships/{id}", set: func(s *stage) request {
			t, _ := s.team()
			return sending(t.Owner, "PATCH", t.Member("member1"), object{"role": "supervisor"})
		}},
		{route: "PATCH /api/memberships/{id}", name: "new owner", set: func(s *stage) request {
			t, _ := s.team()
			return sending(s.admin(), "PATCH", t.Member("member1"), object{"role": "owner"})
		}},
		{route: "DELETE /api/memberships/{id}", again: []int{404}, set: func(s *stage) request {
			t, _ := s.team()
			return sending(t.Owner, "DELETE", t.Member("member1"), nil)
		}},
		{route: "DELETE /api/memberships/{id}", name: "leave", again: []int{404}, set: func(s *stage) request {
			t, member := s.team()
			return sending(member, "DELETE", t.Member("member1"), nil)
		}},
		{route: "DELETE /api/memberships/{id}", name: "waiting", again: []int{404}, set: func(s *stage) request {
			t, _, _ := s.invited()
			return sending(t.Owner, "DELETE", fmt.Sprint("/api/memberships/", t.Membership("guest1@example.org")), nil)
		}},
		{route: "POST /api/permissions/check", set: func(s *stage) request {
			t, member := s.team()
			return sending(t.In(member), "POST", "/api/permissions/check", object{"checks": []object{{"scope": "memberships:list"}}})
		}},
	}
}

// stillOpen: by a clock that is four minutes behind the invitation that has just
// expired is open, and takes the place of a new one.
var stillOpen = []int{400}

func invitationScenarios() []scenario {
	invite := func(s *stage) request {
		t, _ := s.team()
		return sending(t.In(t.Owner), "POST", "/api/invitations", object{"email": "guest1@example.org", "role": "worker"})
	}
	batch := func(s *stage) request {
		t, _ := s.team()
		return sending(t.In(t.Owner), "POST", "/api/invitations/batch", object{"invitations": []object{{"email": "guest1@example.org", "role": "worker"},
			{"email": "nonsense", "role": "worker"}, {"email": "guest2@example.org", "role": "supervisor"}}})
	}
	return []scenario{
		{route: "POST /api/invitations", keyed: true, set: invite},
		{route: "POST /api/invitations", name: "without key", again: []int{400}, set: invite},
		{route: "POST /api/invitations", name: "at once", keyed: true, env: map[string]string{"GATEHOUSE_INVITATION_CONFIRM": "no"}, set: func(s *stage) request {
			s.user("guest1")
			t := s.Found(s.user("owner1"), "acme")
			return sending(t.In(t.Owner), "POST", "/api/invitations", object{"email": "guest1@example.org", "role": "worker"})
		}},
		{route: "POST /api/invitations", name: "expired before", keyed: true, refused: stillOpen, set: func(s *stage) request {
			r := invite(s)
			r.from.Post("/api/invitations", object{"email": "guest1@example.org", "role": "worker"}).Is(201)
			s.Drain()
			s.Clock.Add(7*24*3600e9 - 60e9)
			r.from = s.SignIn("owner1").With("X-Organization", "acme")
			s.Clock.Add(120e9)
			return r
		}},
		{route: "POST /api/invitations/batch", keyed: true, set: batch},
	}
}

func answerScenarios() []scenario {
	accept := func(s *stage) request {
		_, guest, key := s.invited()
		return sending(guest, "POST", "/api/invitations/"+key+"/accept", nil)
	}
	return []scenario{
		{route: "DELETE /api/invitations/{key}", again: []int{404}, set: func(s *stage) request {
			t, _, key := s.invited()
			return sending(t.Owner, "DELETE", "/api/invitations/"+key, nil)
		}},
		{route: "DELETE /api/invitations/{key}", name: "accepted", again: []int{404}, set: func(s *stage) request {
			t, guest, key := s.invited()
			guest.Post("/api/invitations/"+key+"/accept", nil).Is(200)
			return sending(t.Owner, "DELETE", "/api/invitations/"+key, nil)
		}},
		{route: "POST /api/invitations/{key}/accept", keyed: true, set: accept},
		{route: "POST /api/invitations/{key}/accept", name: "without key", again: []int{400}, set: accept},
		{route: "POST /api/invitations/{key}/decline", keyed: true, set: func(s *stage) request {
			_, guest, key := s.invited()
			return sending(guest, "POST", "/api/invitations/"+key+"/decline", nil)
		}},
		{route: "POST /api/invitations/{key}/resend", keyed: true, set: func(s *stage) request {
			t, _, key := s.invited()
			s.Drain()
			return sending(t.Owner, "POST", "/api/invitations/"+key+"/resend", nil)
		}},
	}
}
