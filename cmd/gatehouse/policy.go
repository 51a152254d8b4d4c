package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"gatehouse/internal/policy"
	"gatehouse/internal/policy/compile"
)

const policyUsage = `Evaluate, compile and test the rules of who may do what.

Usage: gatehouse policy <command> [flags]

  eval      answer JSON lines {"package": …, "input": …} with true or false: [--dir DIR]
  compile   check the rules in a folder and make the table of them: DIR [-o FILE]
  test      run the tests (_test.rego) in a folder: DIR
  matrix    print who may do what: [--dir DIR] [--package NAME]

--dir names a folder of rules. Without it the folder in POLICY_DIR is used, and
without that the rules that the program comes with.
`

func policyTool(ctx context.Context, io streams, args []string) error {
	commands := map[string]command{"eval": policyEval, "compile": policyCompile, "test": policyTest, "matrix": policyMatrix}
	if len(args) == 0 || args[0] == "--help" || args[0] == "-h" || args[0] == "help" {
		fmt.Fprint(io.out, policyUsage)
		return nil
	}
	c, ok := commands[args[0]]
	if !ok {
		fmt.Fprintf(io.err, "gatehouse policy: there is no command %q\n\n%s", args[0], policyUsage)
		return errUsage
	}
	return c(ctx, io, args[1:])
}

// dirFlag adds --dir, and returns what finds the table.
func dirFlag(fs *flag.FlagSet) func() (*policy.Table, error) {
	dir := fs.String("dir", os.Getenv("POLICY_DIR"), "folder of rules (POLICY_DIR)")
	return func() (*policy.Table, error) {
		if *dir == "" {
			return policy.Default(), nil
		}
		return compile.Load(*dir)
	}
}

// longest is how long a line of eval may be.
const longest = 1 << 20

func policyEval(ctx context.Context, std streams, args []string) error {
	fs := flag.NewFlagSet("gatehouse policy eval", flag.ContinueOnError)
	table := dirFlag(fs)
	if err := parse(fs, std, args, 0); err != nil {
		return err
	}
	t, err := table()
	if err != nil {
		return err
	}
	lines := bufio.NewReaderSize(std.in, longest)
	out := bufio.NewWriter(std.out)
	defer out.Flush()
	for n := 1; ; n++ {
		line, err := lines.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			return fmt.Errorf("line %d is longer than %d bytes", n, longest)
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if len(bytes.TrimSpace(line)) > 0 {
			if err := evalLine(t, out, line); err != nil {
				return fmt.Errorf("line %d: %w", n, err)
			}
		}
		if err != nil || ctx.Err() != nil {
			return ctx.Err()
		}
		// Somebody who waits for the answer before asking again gets it.
		if lines.Buffered() == 0 {
			if err := out.Flush(); err != nil {
				return err
			}
		}
	}
}

func evalLine(t *policy.Table, out *bufio.Writer, line []byte) error {
	var q struct {
		Package *string
		Input   json.RawMessage
	}
	if err := json.Unmarshal(line, &q); err != nil {
		return err
	}
	if q.Package == nil || len(q.Input) == 0 {
		return errors.New("package and input must be there")
	}
	in, err := policy.ParseInput(*q.Package, q.Input)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, t.Decide(*q.Package, in).Allowed)
	return err
}

func policyCompile(ctx context.Context, io streams, args []string) error {
	fs := flag.NewFlagSet("gatehouse policy compile", flag.ContinueOnError)
	file := fs.String("o", "", "write the table here; without it the rules are only checked")
	dir, err := parseDir(fs, io, args)
	if err != nil {
		return err
	}
	start := time.Now()
	b, err := compile.Dir(ctx, os.DirFS(dir), showProgress(io))
	if err != nil {
		return compile.Within(dir, err)
	}
	if *file != "" {
		if err := os.WriteFile(*file, b, 0o644); err != nil {
			return err
		}
	}
	fmt.Fprintf(io.out, "compiled %s in %.1f s to %d bytes\n", dir, time.Since(start).Seconds(), len(b))
	return nil
}

// parseDir reads flags before and after a folder, which is returned.
func parseDir(fs *flag.FlagSet, io streams, args []string) (string, error) {
	fs.Usage = func() {
		fmt.Fprintf(io.err, "Usage: %s DIR [flags]\n", fs.Name())
		fs.PrintDefaults()
	}
	dir := ""
	if len(args) > 0 && args[0] != "" && args[0][0] != '-' {
		dir, args = args[0], args[1:]
	}
	given := 1
	if dir != "" {
		given = 0
	}
	if err := parse(fs, io, args, given); err != nil {
		return "", err
	}
	if dir == "" {
		dir = fs.Arg(0)
	}
	return dir, nil
}

// showProgress writes how far a compilation is, if somebody is there to see it.
func showProgress(io streams) func(done, total int) {
	f, ok := io.err.(*os.File)
	if !ok {
		return nil
	}
	if st, err := f.Stat(); err != nil || st.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	last := -1
	return func(done, total int) {
		percent := 100 * done / max(total, 1)
		if percent == last {
			return
		}
		last = percent
		fmt.Fprintf(f, "\r%3d %% of %d combinations, on %d processors", percent, total, runtime.GOMAXPROCS(0))
		if done == total {
			fmt.Fprintln(f)
		}
	}
}

func policyTest(ctx context.Context, io streams, args []string) error {
	dir, err := parseDir(flag.NewFlagSet("gatehouse policy test", flag.ContinueOnError), io, args)
	if err != nil {
		return err
	}
	results, err := compile.Test(ctx, os.DirFS(dir))
	if err != nil {
		return compile.Within(dir, err)
	}
	if len(results) == 0 {
		return fmt.Errorf("%s has no tests: expected rules named test_… in files named …%s", dir, compile.TestExtension)
	}
	failed := 0
	for _, r := range results {
		word := "pass"
		if r.Failed {
			word = "FAIL"
			failed++
		}
		fmt.Fprintf(io.out, "%s  %s:%d  %s", word, r.File, r.Line, r.Name)
		if r.Reason != "" {
			fmt.Fprintf(io.out, "  (%s)", r.Reason)
		}
		fmt.Fprintln(io.out)
	}
	fmt.Fprintf(io.out, "%d of %d passed\n", len(results)-failed, len(results))
	if failed > 0 {
		return fmt.Errorf("%d tests failed", failed)
	}
	return nil
}

func policyMatrix(_ context.Context, io streams, args []string) error {
	fs := flag.NewFlagSet("gatehouse policy matrix", flag.ContinueOnError)
	table := dirFlag(fs)
	name := fs.String("package", "", "only this package")
	if err := parse(fs, io, args, 0); err != nil {
		return err
	}
	t, err := table()
	if err != nil {
		return err
	}
	names := t.Packages()
	if *name != "" {
		names = []string{*name}
	}
	fmt.Fprintln(io.out, policy.Legend)
	for _, name := range names {
		if err := t.Matrix(io.out, name); err != nil {
			return err
		}
	}
	return nil
}
