package main

import (
	"context"
	"fmt"

	"gatehouse/internal/account"
	"gatehouse/internal/audit"
)

// verifyAudit chains what waits, as the server does, and checks every chain.
func verifyAudit(ctx context.Context, io streams, args []string) error {
	fs, flags := adminFlags("verify-audit")
	if err := parse(fs, io, args, 0); err != nil {
		return err
	}
	return withAccounts(io, flags(), func(s *account.Service) error {
		c := &audit.Chain{Table: s.Table, Secrets: s.Secrets}
		if err := chainAll(ctx, c); err != nil {
			fmt.Fprintf(io.err, "some events could not be chained: %v\n", err)
		}
		var partitions, events, findings int64
		err := c.VerifyAll(ctx, func(done, of int64, r audit.Report) {
			for _, f := range r.Findings {
				if f.Warning() {
					fmt.Fprintf(io.out, "warning: %v\n", f)
					continue
				}
				findings++
				fmt.Fprintf(io.out, "%v\n", f)
			}
			partitions, events = done, events+r.Events
			fmt.Fprintf(io.err, "\r%3d %%  %d partitions, %d events, %d findings", 100*done/max(of, 1), partitions, events, findings)
		})
		fmt.Fprintln(io.err)
		if err != nil {
			return err
		}
		fmt.Fprintf(io.out, "audit: %d partitions, %d events, %d findings\n", partitions, events, findings)
		if findings > 0 {
			return fmt.Errorf("the audit log is not what was written: %d findings", findings)
		}
		return nil
	})
}

// chainAll goes on until nothing more waits, or nothing more can be chained.
func chainAll(ctx context.Context, c *audit.Chain) error {
	for {
		if n, err := c.Advance(ctx); n == 0 || err != nil {
			return err
		}
	}
}
