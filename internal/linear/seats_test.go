package linear

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// seats: an organization never holds more members and open invitations than it has
// seats, and nobody is refused one while there is one.

// seats is who holds a seat beside the owner.
type seats struct {
	limit int
	held  [guests]seat
}

type seat struct {
	taken, member bool
	key, id       string // of the invitation; the key of one that was taken back is forgotten
}

// count is how many seats are taken, and how many by members; the owner has one.
func (s seats) count() (taken, members int) {
	taken, members = 1, 1
	for _, h := range s.held {
		if h.taken {
			taken++
		}
		if h.member {
			members++
		}
	}
	return taken, members
}

const (
	full    = "full"
	already = "already"

	seatsAtFirst = 4
)

func doSeats(s seats, c call, r reply) (seats, string) {
	at := int(c.to[len(c.to)-1] - '0')
	h := s.held[at]
	now := func(h seat) seats {
		next := s
		next.held[at] = h
		return next
	}
	taken, members := s.count()
	mine := h.taken && h.key == c.arg
	switch c.do {
	case "limit":
		n, _ := strconv.Atoi(c.arg)
		return seats{n, s.held}, ok
	case "invite":
		if h.taken {
			return s, already
		}
		if taken >= s.limit {
			return s, full
		}
		key, id, _ := strings.Cut(r.value, " ")
		return now(seat{true, false, key, id}), ok
	case "accept":
		switch {
		case !mine:
			return s, no
		case h.member:
			return s, already
		case members >= s.limit:
			return s, full
		}
		return now(seat{true, true, h.key, h.id}), ok
	case "decline":
		return either(mine, s, now(seat{}))
	case "withdraw":
		if mine && h.member {
			return now(seat{true, true, "", h.id}), ok
		}
		return either(mine, s, now(seat{}))
	case "remove":
		return either(h.taken && h.id == c.arg, s, now(seat{}))
	case "leave":
		return either(h.member && h.id == c.arg, s, now(seat{}))
	}
	return s, "?"
}

const guests = 6

func guest(n int) string { return fmt.Sprintf("guest%d", n) }

func setSeats(s *stage) {
	for n := range guests {
		s.user(guest(n))
	}
	for _, half := range halves {
		s.ids["acme"+half] = s.Found(s.user("owner0"+half), "acme"+half).ID
		if err := limitSeats(s.Context(), s.Parts.Table, s.ids["acme"+half], seatsAtFirst); err != nil {
			s.Fatal(err)
		}
	}
}

func playSeats(h *history) {
	h.together(people(h), func(w *worker) {
		for range 2 + w.IntN(3) {
			w.seat(guest(w.IntN(guests)))
		}
	})
}

// seat does something about one guest.
func (w *worker) seat(g string) {
	half := w.half()
	seen := w.notes.pick(w, half+g)
	key, id, _ := strings.Cut(seen, " ")
	c := call{part: half, to: g, arg: key}
	owner, self := w.people["owner0"+half], w.people[g]
	switch n := w.IntN(20); {
	case n == 0:
		w.limit(half, g)
	case n < 8 || seen == "":
		c.do, c.arg = "invite", ""
		r := w.do(c, func() reply {
			a := w.ask(owner, "POST", "/api/invitations", object{"email": g + "@example.org", "role": "worker"}, "X-Organization", "acme"+half)
			return a.giving(refusals(a), func() string { return a.text("key") + " " + a.text("user", "id") })
		})
		if r.word == ok {
			w.notes.add(half+g, r.value)
		}
	case n < 13:
		c.do = "accept"
		w.seatCall(c, self, "POST", "/api/invitations/"+key+"/accept")
	case n < 14:
		c.do = "decline"
		w.seatCall(c, self, "POST", "/api/invitations/"+key+"/decline")
	case n < 16:
		c.do = "withdraw"
		w.seatCall(c, owner, "DELETE", "/api/invitations/"+key)
	case n < 18:
		c.do, c.arg = "remove", id
		w.seatCall(c, owner, "DELETE", "/api/memberships/"+id)
	default:
		c.do, c.arg = "leave", id
		w.seatCall(c, self, "DELETE", "/api/memberships/"+id)
	}
}

func (w *worker) seatCall(c call, as person, method, path string) {
	w.do(c, func() reply {
		a := w.ask(as, method, path, nil)
		return a.reply(refusals(a))
	})
}

// refusals are the words of seats: what a 400 says is in its text.
func refusals(a answer) map[int]string {
	words := map[int]string{403: no, 404: no}
	switch {
	case strings.Contains(a.body, "already"):
		words[400] = already
	case strings.Contains(a.body, "seat"):
		words[400] = full
	}
	return words
}

// limit changes how many seats there are, as billing will.
func (w *worker) limit(half, g string) {
	seats := seatsAtFirst - 1 + w.IntN(3)
	w.do(call{part: half, do: "limit", to: g, arg: strconv.Itoa(seats)}, func() reply {
		if limitSeats(w.cutting(w.Context()), w.table, w.ids["acme"+half], int64(seats)) != nil {
			return reply{word: unknown}
		}
		return reply{word: ok}
	})
}

func limitSeats(ctx context.Context, table *store.Table, org, seats int64) error {
	for {
		items, err := table.Get(ctx, tenant.Key(org))
		if err != nil {
			return err
		}
		st, err := tenant.States.Of(items[0])
		if err != nil {
			return err
		}
		st.Seats = seats
		err = table.Transact(ctx, tenant.States.Put(items[0].Key, st, items[0].At()))
		if _, lost := store.Conflict(err); !lost {
			return err
		}
	}
}
