package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"gatehouse/internal/account"
	"gatehouse/internal/check"
)

// checkStore reads the whole store and says what in it contradicts something else.
func checkStore(ctx context.Context, io streams, args []string) error {
	fs, flags := adminFlags("check")
	if err := parse(fs, io, args, 0); err != nil {
		return err
	}
	return withAccounts(io, flags(), func(s *account.Service) error {
		items, shown := 0, terminal(io.err)
		found, err := check.Run(ctx, s.Table, func(done int) {
			if items = done; shown {
				fmt.Fprintf(io.err, "\r%d items", done)
			}
		})
		if shown {
			fmt.Fprintln(io.err)
		}
		violations := 0
		for _, v := range found {
			if v.Warning() {
				fmt.Fprintf(io.out, "warning: %v\n", v)
				continue
			}
			violations++
			fmt.Fprintf(io.out, "%v\n", v)
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(io.out, "check: %d items, %d violations\n", items, violations)
		if violations > 0 {
			return fmt.Errorf("the store contradicts itself: %d violations", violations)
		}
		return nil
	})
}

// terminal reports whether somebody watches what is written.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0
}
