package invite

import (
	"fmt"

	"gatehouse/internal/fault"
	"gatehouse/internal/plan"
	"gatehouse/internal/tenant"
)

// seated is an organization with the seats that it has: those that it was given, or
// else what the default plan allows.
func (s *Service) seated(st tenant.State) tenant.State {
	if st.Seats == 0 && s.Plans != nil {
		st.Seats = s.free().Most(plan.Members)
	}
	return st
}

// free is the plan of an organization that was given none.
func (s *Service) free() plan.Plan { return s.Plans.Of("", true) }

// exhausted refuses an invitation for which there is no seat: it says how many are
// taken, what allows no more, and what would.
func (s *Service) exhausted(st tenant.State) error {
	text := fmt.Sprintf("All %d seats of the organization are taken. Remove a member or an invitation, or add seats.", s.seated(st).Seats)
	if st.Seats == 0 && s.Plans != nil {
		free := s.free()
		text = fmt.Sprintf("The plan %s allows %d members in an organization, and all these seats are taken. Remove a member or an invitation.", free.Name, free.Most(plan.Members))
		if by := s.Plans.Lifts(free, plan.Members, true); by != "" {
			text += " The plan " + by + " lifts this."
		}
	}
	return fault.Invalid("seats_exhausted", text)
}

func noSeat() error {
	return fault.Invalid("seats_exhausted", "The organization has no free seat. Ask whoever invited you to make room.")
}
