package faults

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
)

// tally is how much there is of a case. Pairs that are the same by construction have
// one run.
type tally struct {
	Singles    int `json:"singles"`
	Pairs      int `json:"pairs"`
	Distinct   int `json:"distinct_pairs"`
	Violations int `json:"violations"`
}

// result is what became of a scenario.
type result struct {
	title        string
	waits        bool
	planned, ran tally
	known        int
}

// report prints a line for each scenario, and the sums.
func report(results []result, took time.Duration) {
	var all tally
	known := 0
	for _, r := range results {
		line := fmt.Sprintf("%s: %d of %d single faults, %d of %d pairs", r.title, r.ran.Singles, r.planned.Singles, r.ran.Pairs, r.planned.Pairs)
		if r.ran.Pairs == 0 {
			line += " (make faults-long)"
		}
		if r.known > 0 {
			line += fmt.Sprintf("; %d show what is known", r.known)
		}
		if r.ran.Violations > 0 {
			line += fmt.Sprintf("; %d violations", r.ran.Violations)
		}
		fmt.Println("faults:", line)
		all.Singles, all.Pairs, all.Distinct, all.Violations = all.Singles+r.ran.Singles, all.Pairs+r.ran.Pairs, all.Distinct+r.ran.Distinct, all.Violations+r.ran.Violations
		known += r.known
	}
	fmt.Printf("faults: %.0f runs a second\n", float64(all.Singles+all.Distinct)/took.Seconds())
	fmt.Printf("faults: %d cases, %d single faults, %d pairs (%d distinct), %d violations, %d show bugs that are known and open\n",
		len(results), all.Singles, all.Pairs, all.Distinct, all.Violations, known)
}

// record is what is kept of a long run.
type record struct {
	Commit  string           `json:"commit"`
	Dirty   bool             `json:"dirty"` // the tree had changes that are in no commit
	Go      string           `json:"go"`
	Machine string           `json:"machine"`
	Cores   int              `json:"cores"`
	Date    string           `json:"date"`
	Seconds int              `json:"seconds"`
	Known   int              `json:"known"` // runs that show bugs that are known and open
	Routes  map[string]tally `json:"routes"`
}

const longFile = "testdata/long.json"

// keep writes the record of a long run to the file that GATEHOUSE_FAULTS_JSON names.
func keep(t *testing.T, results []result, took time.Duration) {
	t.Helper()
	file := os.Getenv("GATEHOUSE_FAULTS_JSON")
	if file == "" {
		return
	}
	r := record{Go: runtime.Version(), Machine: runtime.GOOS + "/" + runtime.GOARCH, Cores: runtime.NumCPU(),
		Date: time.Now().UTC().Format(time.DateOnly), Seconds: int(took.Seconds()), Routes: map[string]tally{}}
	r.Commit, r.Dirty = tree()
	for _, c := range results {
		r.Routes[c.title], r.Known = c.ran, r.Known+c.known
	}
	b, err := json.MarshalIndent(r, "", "\t")
	if err == nil {
		err = os.WriteFile(file, append(b, '\n'), 0o644)
	}
	if err != nil {
		t.Error(err)
	}
}

// tree says which commit the tree is at, and whether it has other changes than those
// of the records themselves.
func tree() (commit string, dirty bool) {
	git := func(args ...string) string {
		out, err := exec.Command("git", args...).Output()
		if err != nil {
			return ""
		}
		return strings.TrimSpace(string(out))
	}
	commit = git("rev-parse", "HEAD")
	if commit == "" {
		return "unknown", true
	}
	return commit, git("status", "--porcelain", "--", ":/", ":(exclude,top)internal/*/testdata/*.json", ":(exclude,top)internal/faults/"+floorFile) != ""
}
