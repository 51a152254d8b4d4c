// Command cmd writes docs/security-scorecard.md.
//
//	go run ./internal/scorecard/cmd                 runs all tests
//	go run ./internal/scorecard/cmd -json run.json  reads what go test -json ./... has told; - is stdin
//
// It fails if a requirement that applies has no passing test, and lists those.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"gatehouse/internal/scorecard"
)

func main() {
	from := flag.String("json", "", "file with the output of go test -json, or - for stdin; without it the tests are run")
	to := flag.String("o", "docs/security-scorecard.md", "file to write")
	allow := flag.Bool("allow-missing", false, "succeed although tests are missing")
	flag.Parse()
	if err := run(*from, *to, *allow); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(from, to string, allow bool) error {
	stream, err := read(from)
	if err != nil {
		return err
	}
	told, err := scorecard.ReadRun(stream)
	if err != nil {
		return err
	}
	all, err := scorecard.Requirements()
	if err != nil {
		return err
	}
	score, err := scorecard.NewScore(all, told)
	if err != nil {
		return err
	}
	if err := os.WriteFile(to, []byte(score.Markdown()), 0o644); err != nil {
		return err
	}
	fmt.Println("security scorecard:", score.Summary())
	defer fmt.Println("scorecard:", score.Figures())
	if len(told.Broken) > 0 {
		return fmt.Errorf("not built, or ended early: %s", strings.Join(told.Broken, ", "))
	}
	missing := score.Missing()
	for _, r := range missing {
		fmt.Fprintf(os.Stderr, "%s (%s) %s: %s\n", r.ID, r.Level, r.Title, r.Outcome())
	}
	if len(missing) > 0 && !allow {
		return fmt.Errorf("%d requirements apply and no passing test holds them", len(missing))
	}
	return nil
}

// read opens the stream, or runs the tests. Tests that fail are told by the stream.
func read(from string) (io.Reader, error) {
	switch from {
	case "-":
		return os.Stdin, nil
	case "":
		c := exec.Command("go", "test", "-json", "./...")
		c.Stderr = os.Stderr
		out, err := c.Output()
		var failed *exec.ExitError
		if err != nil && !errors.As(err, &failed) {
			return nil, err
		}
		return bytes.NewReader(out), nil
	}
	return os.Open(from)
}
