package model

import (
	"fmt"

	"gatehouse/internal/mail"

	"pgregory.net/rapid"
)

// bearer signs in for tokens.
func (m *machine) bearer(name, pw, device string) command {
	r := request{method: "POST", path: path("auth", "token"), body: loginBody(name, pw)}
	if device != "" {
		r.cookies = map[string]string{"gh_device": device}
	}
	return command{name: "token login", r: r, judge: func(*caller) verdict {
		return m.signIn(name, pw, device, func(u *user, a *answer) { m.newSession(u, "bearer").take(m, a) })
	}}
}

// take notes the tokens of an answer.
func (s *session) take(m *machine, a *answer) {
	var told struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	if a == nil || a.decode(&told) != nil {
		return
	}
	s.access, s.accessUntil = told.Access, m.now.Add(jwtLife)
	if end := s.created.Add(fullLife); end.Before(s.accessUntil) {
		s.accessUntil = end
	}
	s.refresh[s.refreshed+1] = told.Refresh
}

// renew presents a refresh token, of one generation of its chain.
func (m *machine) renew(s *session, gen int) command {
	value := "1.forged"
	if s != nil {
		value = s.refresh[gen]
	}
	return command{name: "refresh", r: request{method: "POST", path: path("auth", "token", "refresh"), body: object{"refresh_token": value}},
		judge: func(*caller) verdict {
			if s == nil || value == "" || s.u.status != active || !s.alive(m.now) {
				return refuse(either(value == "", 400, 401))
			}
			switch {
			case gen == s.refreshed+1:
				return done(200, func(a *answer) {
					s.refreshed, s.firstUse, s.seen = gen, m.now, m.now
					s.take(m, a)
				})
			case gen == s.refreshed && m.now.Sub(s.firstUse) <= sameRefresh:
				return verdict{status: 200, look: func(a *answer) error {
					before := s.refresh[gen+1]
					if s.take(m, a); before != "" && before != s.refresh[gen+1] {
						return fmt.Errorf("another successor of a refresh token")
					}
					return nil
				}}
			}
			return done(401, func(*answer) {
				s.over = true
				m.notice(s.u, mail.KindRefreshReuse, "")
			})
		}}
}

// revoke ends the session of a refresh token, whatever its generation.
func (m *machine) revoke(s *session, gen int) command {
	value := "1.forged"
	if s != nil && s.refresh[gen] != "" {
		value = s.refresh[gen]
	}
	return command{name: "revoke", r: request{method: "POST", path: path("auth", "token", "revoke"), body: object{"refresh_token": value}},
		judge: func(*caller) verdict {
			if value == "1.forged" || s.over || !m.now.Before(s.ends()) {
				return refuse(200)
			}
			return done(200, func(*answer) { s.over = true })
		}}
}

func (m *machine) tokenLoggingIn(t *rapid.T) { m.run(t, m.bearer(m.identity(t))) }

// chain draws a refresh token: the newest, the one before, or any older.
func (m *machine) chain(t *rapid.T) (s *session, gen int) {
	var all, good []*session
	for _, u := range m.users {
		all = append(all, filter(u.sessions, func(s *session) bool { return s.kind == "bearer" && s.refresh[1] != "" })...)
	}
	good = filter(all, func(s *session) bool { return s.alive(m.now) && s.u.status == active })
	if len(good) > 0 && !sometimes(t, 3, "any chain") {
		all = good
	}
	if s = pick(t, "chain", all); s == nil {
		return nil, 0
	}
	gen = s.refreshed + 1
	for gen > 1 && sometimes(t, 2, "older") {
		gen--
	}
	if s.refresh[gen] == "" && gen > 1 {
		gen-- // nobody heard it
	}
	return s, gen
}

func (m *machine) refreshing(t *rapid.T) {
	s, gen := m.chain(t)
	if s == nil && !sometimes(t, 2, "forged") {
		if u := pick(t, "who", filter(m.users, func(u *user) bool { return u.status == active && u.password != "" })); u != nil {
			m.run(t, m.bearer(u.name, u.password, u.device))
			s, gen = m.chain(t)
		}
	}
	m.run(t, m.renew(s, gen))
	for sometimes(t, 1, "once more") {
		m.run(t, m.renew(m.chain(t)))
	}
}

func (m *machine) revoking(t *rapid.T) { m.run(t, m.revoke(m.chain(t))) }
