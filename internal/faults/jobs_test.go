package faults

import (
	"regexp"
	"time"

	"gatehouse/internal/app"
	"gatehouse/internal/apptest"
	"gatehouse/internal/mail"
)

// lease is longer than a dead worker holds what it had taken up.
const lease = 61 * time.Second

var attempts = regexp.MustCompile(`"(attempts|error)":("[^"]*"|[0-9]+),?`)

// onceMore forgets how often a mail was tried, which faults do change.
func onceMore(line string) string { return attempts.ReplaceAllString(line, "") }

func outboxScenarios() []scenario {
	return []scenario{
		{route: "outbox {}", pause: lease, ease: onceMore, waits: true, set: func(s *stage) request {
			s.user("holder1")
			s.Client().Post("/api/auth/register", apptest.Form("newcomer", "newcomer@example.org")).Is(201)
			s.Client().Post("/api/auth/password/reset", object{"email": "holder1@example.org"}).Is(200)
			return event("outbox", "{}")
		}},
		{route: "outbox stream", pause: lease, ease: onceMore, waits: true, set: func(s *stage) request {
			t := s.Found(s.user("owner1"), "acme")
			t.Invite("guest1@example.org", "worker")
			return event("outbox", `{"Records":[{"eventName":"INSERT"}]}`)
		}},
		{route: "outbox report", pause: lease, set: func(s *stage) request {
			t, _ := s.team()
			t.Invite("guest1@example.org", "worker")
			m := s.Mail("guest1@example.org", "invitation")
			s.change = append(s.change, func(p *app.Parts) {
				p.Report = func(event []byte) (mail.Report, bool, error) {
					return mail.Report{Tag: m.Tag, State: mail.Bounced, Cause: "no such mailbox"}, string(event) == `{"report":true}`, nil
				}
			})
			return event("outbox", `{"report":true}`)
		}},
	}
}

func sweepScenarios() []scenario {
	return []scenario{
		{route: `sweep {"job":"rotate-keys"}`, name: "first", young: true, pause: lease, set: func(*stage) request { return event("sweep", `{"job":"rotate-keys"}`) }},
		{route: `sweep {"job":"rotate-keys"}`, name: "next", pause: lease, set: func(s *stage) request {
			s.Clock.Add(29 * 24 * time.Hour)
			return event("sweep", `{"job":"rotate-keys"}`)
		}},
		{route: `sweep {"job":"audit"}`, waits: true, pause: lease, set: func(s *stage) request {
			s.Found(s.user("owner1"), "acme")
			return event("sweep", `{"job":"audit"}`)
		}},
		{route: `sweep {"job":"erase"}`, pause: lease, set: func(s *stage) request {
			t, member := s.team()
			t.In(t.Owner).Patch(t.Member("member1"), object{"role": "maintainer"}).Is(200)
			member.Post("/api/auth/access_tokens", object{"name": "robot"}).Is(201)
			t.In(member).Post("/api/invitations", object{"email": "guest1@example.org", "role": "worker"}).Is(201)
			member.Post("/api/users/self/deletion", nil).Is(200)
			s.Drain()
			s.Clock.Add(31 * 24 * time.Hour)
			return event("sweep", `{"job":"erase"}`)
		}},
		{route: `sweep {"job":"organizations"}`, name: "deleted", pause: lease, set: func(s *stage) request {
			t, _, _ := s.invited()
			t.Owner.Delete(t.Path("")).Is(204)
			s.Drain()
			return event("sweep", `{"job":"organizations"}`)
		}},
		{route: `sweep {"job":"organizations"}`, name: "expired", pause: lease, set: func(s *stage) request {
			t, _, _ := s.invited()
			t.Invite("guest2@example.org", "worker")
			s.Drain()
			s.Clock.Add(8 * 24 * time.Hour)
			return event("sweep", `{"job":"organizations"}`)
		}},
	}
}
