package scorecard

import (
	"fmt"
	"slices"
	"strings"
)

// Row is a requirement with the tests that carry its id.
type Row struct {
	Requirement
	Tests []Result
}

// Score is the whole scorecard.
type Score []Row

// NewScore finds the tests of each requirement. Ids that nobody knows are an error.
func NewScore(all []Requirement, run Run) (Score, error) {
	tests := map[string][]Result{}
	for _, r := range run.Results {
		for _, id := range IDs(r.Test) {
			if !slices.ContainsFunc(all, func(q Requirement) bool { return q.ID == id }) {
				return nil, fmt.Errorf("scorecard: %s names %s, which is no requirement", r.Name(), id)
			}
			tests[id] = append(tests[id], r)
		}
	}
	var s Score
	for _, q := range all {
		slices.SortFunc(tests[q.ID], func(a, b Result) int { return strings.Compare(a.Name(), b.Name()) })
		s = append(s, Row{q, tests[q.ID]})
	}
	return s, nil
}

// Outcome says in a word how a row stands: pass, fail, skipped, none, not yet, n.a.
func (r Row) Outcome() string {
	switch {
	case r.State == Never:
		return "n.a."
	case r.State == NotYet:
		return "not yet"
	case slices.ContainsFunc(r.Tests, func(t Result) bool { return !t.Passed && !t.Skipped }):
		return "fail"
	case slices.ContainsFunc(r.Tests, func(t Result) bool { return t.Passed }):
		return "pass"
	case len(r.Tests) > 0:
		return "skipped"
	}
	return "none"
}

// Missing are the requirements that apply and that no passing test holds.
func (s Score) Missing() []Row {
	var out []Row
	for _, r := range s {
		if o := r.Outcome(); r.State == Applies && o != "pass" {
			out = append(out, r)
		}
	}
	return out
}

// count counts the rows that pass, and those that count at all.
func (s Score) count(of func(Row) bool) (passing, applicable int) {
	for _, r := range s {
		if r.State == Never || !of(r) {
			continue
		}
		applicable++
		if r.Outcome() == "pass" {
			passing++
		}
	}
	return passing, applicable
}

// Figures are the score in numbers: a row without a passing test is failing, also one
// whose part of the product is not there yet.
func (s Score) Figures() string {
	passing, applicable := s.count(func(Row) bool { return true })
	return fmt.Sprintf("%d passing, %d failing, %d not applicable", passing, applicable-passing, len(s)-applicable)
}

// Summary is the score in one line.
func (s Score) Summary() string {
	passing, applicable := s.count(func(Row) bool { return true })
	line := fmt.Sprintf("%d / %d", passing, applicable)
	for _, level := range s.levels() {
		p, a := s.count(func(r Row) bool { return r.Level == level })
		line += fmt.Sprintf(", %s %d / %d", levelName(level), p, a)
	}
	return line
}

func (s Score) levels() []string { return s.distinct(func(r Row) string { return r.Level }, true) }

func (s Score) chapters() []string {
	return s.distinct(func(r Row) string { return r.Chapter() }, false)
}

// distinct are the values of rows, as they come or sorted.
func (s Score) distinct(of func(Row) string, sorted bool) []string {
	var out []string
	for _, r := range s {
		if v := of(r); !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	if sorted {
		slices.Sort(out)
	}
	return out
}

func levelName(level string) string {
	if level == "N" {
		return "NIST"
	}
	return "L" + level
}
