// Package scorecard tells which requirements of OWASP ASVS 5.0.0 and of NIST SP
// 800-63B-4 an automated test holds.
//
//	requirements.csv ─┐
//	                  ├─▶ Score ─▶ docs/security-scorecard.md
//	go test -json ────┘
//
// The name of a test carries the ids of what it holds, as parts between
// underscores: TestB4_ASVS6_3_1_ParallelGuesses, TestNIST3_2_2_AHundredFailures. A
// subtest counts for the ids in its own part of the name. A section of NIST that
// demands several things has a letter for each: NIST3_1_1_2b.
package scorecard

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

//go:embed requirements.csv
var table string

// Requirement is one row of requirements.csv.
type Requirement struct {
	ID    string // 6.2.1, or N3.1.1.2a of NIST
	Level string // 1 to 3, or N
	Title string
	State State
	Why   string // the reason of n.a., or the domain and the reason of not yet
}

// State says whether a requirement can be held today.
type State int

// The states of a requirement. NotYet counts as failing, Never is left out.
const (
	Applies State = iota
	NotYet
	Never
)

// domains are what a requirement may wait for.
var domains = []string{"account", "aws", "billing", "clients", "documents", "mfa", "pages", "sso", "workspace"}

// Requirements are all rows, in the order of their ids.
func Requirements() ([]Requirement, error) { return parse(table) }

func parse(text string) ([]Requirement, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = 4
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("scorecard: requirements.csv: %w", err)
	}
	var out []Requirement
	for _, row := range rows[min(1, len(rows)):] {
		q := Requirement{ID: row[0], Level: row[1], Title: row[2]}
		if q.State, q.Why, err = status(row[3]); err != nil {
			return nil, fmt.Errorf("scorecard: %s: %w", q.ID, err)
		}
		if slices.ContainsFunc(out, func(o Requirement) bool { return o.ID == q.ID }) {
			return nil, fmt.Errorf("scorecard: %s stands twice", q.ID)
		}
		out = append(out, q)
	}
	slices.SortFunc(out, func(a, b Requirement) int { return compare(a.ID, b.ID) })
	return out, nil
}

func status(s string) (State, string, error) {
	if s == "applies" {
		return Applies, "", nil
	}
	if why, ok := strings.CutPrefix(s, "n.a.: "); ok && why != "" {
		return Never, why, nil
	}
	if why, ok := strings.CutPrefix(s, "not yet: "); ok {
		if domain, _, _ := strings.Cut(why, ";"); slices.Contains(domains, domain) {
			return NotYet, why, nil
		}
	}
	return 0, "", fmt.Errorf("status %q: expected applies, n.a.: reason, or not yet: one of %s", s, strings.Join(domains, ", "))
}

// Chapter is the part of the id that summaries go by: V6, or NIST.
func (q Requirement) Chapter() string {
	if q.Level == "N" {
		return "NIST"
	}
	chapter, _, _ := strings.Cut(q.ID, ".")
	return "V" + chapter
}

// compare orders ids by their numbers, ASVS before NIST.
func compare(a, b string) int { return slices.Compare(numbers(a), numbers(b)) }

func numbers(id string) []int {
	rest, nist := strings.CutPrefix(id, "N")
	out := []int{0}
	if nist {
		out[0] = 1
	}
	for _, part := range strings.Split(rest, ".") {
		digits := strings.TrimRight(part, "abcdefghijklmnopqrstuvwxyz")
		n, _ := strconv.Atoi(digits)
		out = append(out, n)
		for _, letter := range part[len(digits):] {
			out = append(out, int(letter))
		}
	}
	return out
}
