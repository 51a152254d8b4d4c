package attacks

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// sizes are how many cases each group has.
var sizes = map[string]int{"A": 12, "B": 12, "C": 16, "D": 16, "E": 10, "F": 15, "G": 23, "H": 14, "I": 11, "J": 15, "K": 8, "L": 24, "M": 12, "N": 8, "O": 13}

// domains are the parts of the product that a case may wait for.
var domains = []string{"workspace", "billing", "sso", "pages", "mfa", "aws"}

// entry is one case of the list.
type entry struct {
	id, text string
	tags     []string
	tests    []string
	waiting  string // domain and reason of what is not tested yet
}

const notYet = "not yet: "

// parse reads the list of a group, and says what is wrong with its form.
func parse(group, text string) (entries []entry, wrong []string) {
	seen := map[string]bool{}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		e, err := parseLine(line)
		if err != nil {
			wrong = append(wrong, fmt.Sprintf("%s: %v", e.id, err))
		}
		if seen[e.id] {
			wrong = append(wrong, e.id+" stands twice")
		}
		if !isCase(e.id) || e.id[:1] != group {
			wrong = append(wrong, fmt.Sprintf("%q is no case of group %s", e.id, group))
		}
		seen[e.id] = true
		entries = append(entries, e)
	}
	for n := range sizes[group] {
		if id := fmt.Sprint(group, n+1); !seen[id] {
			wrong = append(wrong, id+" is missing")
		}
	}
	return entries, wrong
}

func parseLine(line string) (entry, error) {
	col := strings.Split(line, "\t")
	e := entry{id: col[0]}
	if len(col) < 4 || len(col) > 5 {
		return e, fmt.Errorf("%d columns, want 4 or 5", len(col))
	}
	e.text = col[1]
	e.tags = strings.FieldsFunc(col[2], func(r rune) bool { return r == ' ' || r == ',' })
	if len(e.tags) == 1 && e.tags[0] == "-" {
		e.tags = nil
	}
	last := col[3:]
	if !strings.HasPrefix(last[0], notYet) {
		e.tests, last = strings.Fields(last[0]), last[1:]
	}
	if strings.TrimSpace(e.text) == "" || len(last) == 0 && len(e.tests) == 0 || len(last) > 1 {
		return e, fmt.Errorf("a case has a text, and tests or what it waits for: %q", line)
	}
	if len(last) == 1 {
		return e, e.wait(last[0])
	}
	return e, nil
}

var waits = regexp.MustCompile(`^not yet: ([a-z]+)\W+\w`)

// wait reads what a case waits for.
func (e *entry) wait(column string) error {
	m := waits.FindStringSubmatch(column)
	if m == nil || !slices.Contains(domains, m[1]) {
		return fmt.Errorf("want %q, one of %v and a reason: %q", strings.TrimSpace(notYet), domains, column)
	}
	e.waiting = strings.TrimPrefix(column, notYet)
	return nil
}

var caseID = regexp.MustCompile(`^([A-O])([1-9][0-9]?)$`)

// isCase reports whether a group has a case of that id.
func isCase(id string) bool {
	m := caseID.FindStringSubmatch(id)
	if m == nil {
		return false
	}
	n := 0
	fmt.Sscan(m[2], &n)
	return n <= sizes[m[1]]
}
