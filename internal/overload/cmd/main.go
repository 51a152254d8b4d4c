// Command cmd measures a server under overload; scripts/overload builds both and runs
// it. It ends with 1 if a bar does not hold, with 2 if it could not measure.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"gatehouse/internal/overload"
)

const usage = `Measures what gatehouse serve --production does under overload.

It starts the server on a free port of this machine with a store of its own, makes
accounts, finds the peak of good sign-ins (2xx within a second) by a closed loop, then
offers 0.5, 1, 2, 3 and 5 times as many by a schedule that does not wait for answers,
and half the peak again. A fifth of all requests are cheap ones. It ends the server.
Server and generator share the cores of this machine: let nothing else run on it.

It fails (1) unless at 3 times the peak at least 90 % of it is still good and refusals
take less than 250 ms (p99), and at every level accepted sign-ins take at most 1 s
(p99), every refusal is 429 or 503 with Retry-After, and nothing else goes wrong; and
unless it is normal again within 10 s. 2 is for what could not be measured.

Usage: scripts/overload [flags]

The script sets --readme and --json; --readme= --json= writes nothing into the tree.

`

func main() { os.Exit(run()) }

func run() int {
	var o overload.Options
	flag.StringVar(&o.Server, "server", "", "the built gatehouse (set by scripts/overload)")
	flag.StringVar(&o.Data, "data", "", "folder to make for its store (set by scripts/overload)")
	flag.StringVar(&o.Commit, "commit", "", "what was built (set by scripts/overload)")
	flag.DurationVar(&o.Level, "level", 15*time.Second, "how long each level lasts, 1s to 2m")
	flag.IntVar(&o.Accounts, "accounts", 400, "how many people sign in, in turn, 100 to 10000")
	readme := flag.String("readme", "", "file whose marks the table goes between; none unless set")
	figures := flag.String("json", "", "file for the figures; none unless set")
	flag.Usage = func() {
		fmt.Fprint(os.Stderr, usage)
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() > 0 || o.Server == "" || o.Data == "" || o.Level < time.Second || o.Level > 2*time.Minute || o.Accounts < 100 || o.Accounts > 10000 {
		flag.Usage()
		return 2
	}
	o.Out = os.Stdout
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute+10*o.Level)
	defer cancel()
	r, err := overload.Run(ctx, o)
	if err == nil {
		err = write(r, *readme, *figures)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "overload: %v\n", err)
		return 2
	}
	fmt.Printf("\n%s\n", r.Table())
	if len(r.Failed) > 0 {
		return 1
	}
	return 0
}

func write(r *overload.Result, readme, figures string) error {
	if figures != "" {
		b, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(figures), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(figures, append(b, '\n'), 0o644); err != nil {
			return err
		}
	}
	if readme != "" {
		return r.Into(readme)
	}
	return nil
}
