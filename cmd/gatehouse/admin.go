package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"gatehouse/internal/account"
	"gatehouse/internal/config"
	"gatehouse/internal/secret"
)

const adminUsage = `Manage accounts and keys. Works while the server runs and while it does not.

Usage: gatehouse admin <command> [flags]

  create-user    make an account: --username --email --role admin|user|worker --password-stdin
  import-users   make accounts of a JSON-lines file, with the password hashes of Django: [flags] FILE
  set-role       give an account another role: --user --role
  end-sessions   end all sessions of an account: --user [--tokens]
  set-plan       give a workspace a plan: --user or --org, --plan, [--seats]
  link-identity  let a foreign issuer's subject act for an account: --user --issuer --subject
  rotate-keys    make the next signing key now; it signs after a day
  new-root-key   print a new root secret (and change nothing)
  check          find what in the store contradicts something else; code 1 if there is anything
  verify-audit   find what somebody has changed in the audit log; code 1 if there is anything

--user takes a user name or an e-mail address; --data names the folder of the store.
`

func admin(ctx context.Context, io streams, args []string) error {
	commands := map[string]command{"create-user": createUser, "import-users": importUsers, "set-role": setRole, "set-plan": setPlan,
		"end-sessions": endSessions, "link-identity": linkIdentity, "rotate-keys": rotateKeys, "new-root-key": newRootKey, "verify-audit": verifyAudit, "check": checkStore}
	if len(args) == 0 || args[0] == "--help" || args[0] == "-h" || args[0] == "help" {
		fmt.Fprint(io.out, adminUsage)
		return nil
	}
	c, ok := commands[args[0]]
	if !ok {
		fmt.Fprintf(io.err, "gatehouse admin: there is no command %q\n\n%s", args[0], adminUsage)
		return errUsage
	}
	return c(ctx, io, args[1:])
}

// adminFlags begins the flags of an admin command.
func adminFlags(name string) (*flag.FlagSet, func() map[string]string) {
	fs := flag.NewFlagSet("gatehouse admin "+name, flag.ContinueOnError)
	return fs, settingFlags(fs)
}

// withAccounts opens the installation for one command.
func withAccounts(io streams, flags map[string]string, do func(*account.Service) error) error {
	return withInstallation(io, flags, func(_ *config.Config, s *account.Service) error { return do(s) })
}

// withInstallation is withAccounts for what needs settings too.
func withInstallation(io streams, flags map[string]string, do func(*config.Config, *account.Service) error) error {
	c, err := config.Read(os.LookupEnv, flags)
	if err != nil {
		return err
	}
	in, err := open(c, slog.New(slog.NewJSONHandler(io.err, nil)), false)
	if err != nil {
		return err
	}
	defer in.close()
	return do(c, in.parts.Accounts())
}

func createUser(ctx context.Context, io streams, args []string) error {
	fs, flags := adminFlags("create-user")
	username := fs.String("username", "", "user name")
	email := fs.String("email", "", "e-mail address; it counts as confirmed")
	role := fs.String("role", "user", "admin, user or worker")
	stdin := fs.Bool("password-stdin", false, "read the password from the first line of standard input; without it the account has none until a reset")
	if err := parse(fs, io, args, 0); err != nil {
		return err
	}
	n := account.NewUser{Username: *username, Email: *email, Groups: []string{*role}}
	if *stdin {
		line, err := bufio.NewReader(io.in).ReadString('\n')
		if err != nil && line == "" {
			return errors.New("--password-stdin: standard input is empty")
		}
		n.Password = strings.TrimRight(line, "\r\n")
	}
	return withAccounts(io, flags(), func(s *account.Service) error {
		uid, err := s.CreateUser(ctx, n)
		if err == nil {
			fmt.Fprintf(io.out, "created %s, id %d\n", n.Username, uid)
		}
		return err
	})
}

func importUsers(ctx context.Context, std streams, args []string) error {
	fs, flags := adminFlags("import-users")
	if err := parse(fs, std, args, 1); err != nil {
		return err
	}
	f, err := os.Open(fs.Arg(0))
	if err != nil {
		return err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	return withAccounts(std, flags(), func(s *account.Service) error {
		var made, there, bad int
		d := json.NewDecoder(f)
		for n := 1; ; n++ {
			var u account.NewUser
			err := d.Decode(&u)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return fmt.Errorf("%s, object %d: %w", fs.Arg(0), n, err)
			}
			switch _, err := s.CreateUser(ctx, u); {
			case errors.Is(err, account.ErrTaken):
				there++
			case err != nil:
				bad++
				fmt.Fprintf(std.err, "\robject %d: %v\n", n, err)
			default:
				made++
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			fmt.Fprintf(std.err, "\r%3d %%  %d made, %d there already, %d refused", 100*d.InputOffset()/max(st.Size(), 1), made, there, bad)
		}
		fmt.Fprintf(std.err, "\n")
		fmt.Fprintf(std.out, "%d made, %d there already, %d refused\n", made, there, bad)
		if bad > 0 {
			return errors.New("some accounts were refused; the rest is imported, and the command can be run again")
		}
		return nil
	})
}

// withUser runs a command on the account that --user names.
func withUser(ctx context.Context, io streams, flags map[string]string, name string, do func(*account.Service, int64) error) error {
	if name == "" {
		return errors.New("--user is empty: expected a user name or an e-mail address")
	}
	return withAccounts(io, flags, func(s *account.Service) error {
		uid, err := s.FindUser(ctx, name)
		if err != nil {
			return err
		}
		return done(io, do(s, uid))
	})
}

func setRole(ctx context.Context, io streams, args []string) error {
	fs, flags := adminFlags("set-role")
	user := fs.String("user", "", "user name or e-mail address")
	role := fs.String("role", "", "admin, user or worker")
	if err := parse(fs, io, args, 0); err != nil {
		return err
	}
	return withUser(ctx, io, flags(), *user, func(s *account.Service, uid int64) error { return s.SetRole(ctx, uid, *role) })
}

func endSessions(ctx context.Context, io streams, args []string) error {
	fs, flags := adminFlags("end-sessions")
	user := fs.String("user", "", "user name or e-mail address")
	tokens := fs.Bool("tokens", false, "end the personal access tokens too")
	if err := parse(fs, io, args, 0); err != nil {
		return err
	}
	return withUser(ctx, io, flags(), *user, func(s *account.Service, uid int64) error { return s.EndSessions(ctx, uid, *tokens) })
}

func linkIdentity(ctx context.Context, io streams, args []string) error {
	fs, flags := adminFlags("link-identity")
	user := fs.String("user", "", "user name or e-mail address")
	issuer := fs.String("issuer", "", "iss of the tokens, exactly")
	subject := fs.String("subject", "", "sub of the tokens, exactly")
	if err := parse(fs, io, args, 0); err != nil {
		return err
	}
	return withUser(ctx, io, flags(), *user, func(s *account.Service, uid int64) error { return s.LinkIdentity(ctx, uid, *issuer, *subject) })
}

func rotateKeys(ctx context.Context, io streams, args []string) error {
	fs, flags := adminFlags("rotate-keys")
	if err := parse(fs, io, args, 0); err != nil {
		return err
	}
	return withAccounts(io, flags(), func(s *account.Service) error {
		id, err := s.Keys.Rotate(ctx, true)
		switch {
		case err != nil:
			return err
		case id == "":
			fmt.Fprintln(io.out, "another key was made at the same moment; it is published now")
		default:
			fmt.Fprintf(io.out, "made key %s; it is published now and signs from tomorrow\n", id)
		}
		return nil
	})
}

func newRootKey(_ context.Context, io streams, args []string) error {
	fs, _ := adminFlags("new-root-key")
	id := fs.String("id", "k1", "name of the key; a new one at each rotation")
	if err := parse(fs, io, args, 0); err != nil {
		return err
	}
	fmt.Fprintln(io.out, secret.Generate(*id).Reveal())
	return nil
}
