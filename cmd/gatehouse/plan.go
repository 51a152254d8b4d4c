package main

import (
	"context"
	"errors"
	"fmt"

	"gatehouse/internal/account"
	"gatehouse/internal/config"
	"gatehouse/internal/plan"
)

func setPlan(ctx context.Context, io streams, args []string) error {
	fs, flags := adminFlags("set-plan")
	var a plan.Assignment
	user := fs.String("user", "", "user name or e-mail address: their own workspace")
	org := fs.String("org", "", "short name of an organization")
	fs.StringVar(&a.Plan, "plan", "", "id of a plan, as in GATEHOUSE_PLANS")
	fs.Int64Var(&a.Seats, "seats", 0, "members and open invitations that an organization may have; without it what the plan allows")
	if err := parse(fs, io, args, 0); err != nil {
		return err
	}
	if (*user == "") == (*org == "") {
		return fmt.Errorf("--user is %q and --org is %q: expected one of them", *user, *org)
	}
	return withInstallation(io, flags(), func(c *config.Config, s *account.Service) error {
		plans := c.Limits()
		if plans == nil {
			return errors.New("GATEHOUSE_BILLING is off: there are no plans and no limits; expected simulated")
		}
		if *org != "" {
			return done(io, plans.AssignOrganization(ctx, s.Table, *org, a))
		}
		uid, err := s.FindUser(ctx, *user)
		if err != nil {
			return err
		}
		return done(io, plans.AssignPerson(ctx, s.Table, uid, a))
	})
}

// done says that a command has done what it was to do.
func done(io streams, err error) error {
	if err == nil {
		fmt.Fprintln(io.out, "done")
	}
	return err
}
