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
	"slices"
	"strings"
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

const (
	evalUsage = `Usage: gatehouse policy eval [--dir DIR]

Answers each line of standard input, {"package": "tasks", "input": {…}}, with true or
false on a line of standard output. The first line that cannot be read ends it.
`
	compileUsage = `Usage: gatehouse policy compile DIR [-o FILE]

Checks the rules in a folder, evaluates them for every combination of inputs, and
writes the table that the program looks answers up in.
`
	testUsage = `Usage: gatehouse policy test DIR

Runs the rules named test_… in the files named …_test.rego of a folder.
`
	matrixUsage = `Usage: gatehouse policy matrix [--dir DIR] [--package NAME]

Prints who may do what.
`
)

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

// policyFlags begins the flags of a command; about is what --help says first.
func policyFlags(name, about string, io streams) *flag.FlagSet {
	fs := flag.NewFlagSet("gatehouse policy "+name, flag.ContinueOnError)
	fs.Usage = func() {
		fmt.Fprintf(io.err, "%s\n", about)
		fs.PrintDefaults()
	}
	return fs
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
	fs := policyFlags("eval", evalUsage, std)
	table := dirFlag(fs)
	if err := parse(fs, std, args, 0); err != nil {
		return err
	}
	t, err := table()
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- evalLines(t, std.in, std.out) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done(): // reading does not end by itself then
		return ctx.Err()
	}
}

func evalLines(t *policy.Table, in io.Reader, answers io.Writer) error {
	lines := bufio.NewReaderSize(in, longest)
	out := bufio.NewWriter(answers)
	defer out.Flush()
	for n := 1; ; n++ {
		line, end := lines.ReadSlice('\n')
		if errors.Is(end, bufio.ErrBufferFull) {
			return fmt.Errorf("line %d is longer than %d bytes", n, longest)
		}
		if end != nil && !errors.Is(end, io.EOF) {
			return end
		}
		if len(bytes.TrimSpace(line)) > 0 {
			if err := evalLine(t, out, line); err != nil {
				return fmt.Errorf("line %d: %w", n, err)
			}
		}
		// Somebody who waits for an answer before asking again gets it.
		if end != nil || lines.Buffered() == 0 {
			if err := out.Flush(); err != nil || end != nil {
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
	fs := policyFlags("compile", compileUsage, io)
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

// parseDir reads flags before or after a folder, which is returned.
func parseDir(fs *flag.FlagSet, io streams, args []string) (string, error) {
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		args = append(slices.Clone(args[1:]), args[0])
	}
	err := parse(fs, io, args, 1)
	return fs.Arg(0), err
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
	dir, err := parseDir(policyFlags("test", testUsage, io), io, args)
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
	fs := policyFlags("matrix", matrixUsage, io)
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
	fmt.Fprintf(io.out, "%s\n", policy.Legend)
	for _, name := range names {
		if err := t.Matrix(io.out, name); err != nil {
			return err
		}
	}
	return nil
}
