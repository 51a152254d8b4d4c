// Command gatehouse is Gatehouse on one machine: the server with every function,
// and the operator's tools.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"gatehouse/internal/server"
)

const usage = `Gatehouse: accounts, organizations and sign-in for annotation platforms.

Usage: gatehouse <command> [flags]

  serve     run everything on this machine
  config    print every setting, its value and where it came from
  admin     manage accounts and keys (gatehouse admin --help)
  policy    evaluate, compile and test rules (gatehouse policy --help)
  version   print the version

"gatehouse <command> --help" tells more about each.
`

// command is one of the tools; args come after its name.
type command func(ctx context.Context, io streams, args []string) error

// streams are the standard streams, so that tests can have their own.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// errUsage ends the program with code 2 after what was wrong has been said.
var errUsage = errors.New("usage")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, streams{os.Stdin, os.Stdout, os.Stderr}, os.Args[1:]))
}

func run(ctx context.Context, io streams, args []string) int {
	commands := map[string]command{"serve": serve, "config": showConfig, "admin": admin, "policy": policyTool, "version": version}
	if len(args) == 0 || args[0] == "help" || args[0] == "--help" || args[0] == "-h" {
		fmt.Fprint(io.out, usage)
		return 0
	}
	c, ok := commands[args[0]]
	if !ok {
		fmt.Fprintf(io.err, "gatehouse: there is no command %q\n\n%s", args[0], usage)
		return 2
	}
	switch err := c(ctx, io, args[1:]); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		return 2
	case err != nil:
		fmt.Fprintf(io.err, "gatehouse %s: %v\n", args[0], err)
		return 1
	}
	return 0
}

func version(_ context.Context, io streams, _ []string) error {
	fmt.Fprintln(io.out, server.Version)
	return nil
}

// parse reads flags, and says what it knows if they are wrong.
func parse(fs *flag.FlagSet, io streams, args []string, positional int) error {
	fs.SetOutput(io.err)
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return errUsage
	}
	if fs.NArg() != positional {
		fmt.Fprintf(io.err, "%s: %d arguments given, %d expected\n", fs.Name(), fs.NArg(), positional)
		fs.Usage()
		return errUsage
	}
	return nil
}
