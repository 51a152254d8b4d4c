package faults

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// yardstick is what clean runs leave, in the forms that others are compared in.
type yardstick struct {
	undated bool // moments do not count
	known   known
	status  int
	body    string // of the answer
	want    []string
	loose   []string
	drawn   int // how many words are drawn
}

// apart is how much later the clean run is made that tells which words are moments.
const apart = 97 * time.Second

var dates = regexp.MustCompile(`[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9.]+Z?`)

func newYardstick(undated bool, runs ...end) yardstick {
	y := yardstick{undated: undated}
	for i, e := range runs {
		all := y.plain(append(slices.Clone(e.lines), e.body))
		if i == 0 {
			y.known = words(all)
			continue
		}
		other := words(all)
		maps.DeleteFunc(y.known, func(w string, _ bool) bool { return !other[w] })
	}
	left := y.plain(runs[0].lines)
	y.status, y.body = runs[0].status, y.looseText(runs[0].body)
	y.want, y.loose, y.drawn = y.known.normal(left), y.known.loose(left), y.known.count(left)
	return y
}

// plain are lines without moments, if those do not count.
func (y *yardstick) plain(lines []string) []string {
	if !y.undated {
		return lines
	}
	lines = slices.Clone(lines)
	for i := range lines {
		lines[i] = dates.ReplaceAllString(lines[i], "@moment")
	}
	return lines
}

// looseText is an answer in its loose form: what is made anew by a repetition without
// a key may have another id.
func (y *yardstick) looseText(body string) string { return y.known.loose(y.plain([]string{body}))[0] }

// compare gives the lines that only what is left, or only the clean run, has.
func (y *yardstick) compare(left []string) (extra, missing []string) {
	return compare(y.known.normal(y.plain(left)), y.want)
}

// alike reports whether there are the lines of the clean run, with fewer drawn words:
// two ids of one moment are equal once in 4,096 times, and nobody can tell then which
// of them stands where.
func (y *yardstick) alike(left []string) bool {
	left = y.plain(left)
	extra, missing := compare(y.known.loose(left), y.loose)
	return len(extra)+len(missing) == 0 && y.known.count(left) < y.drawn
}

// differs says how what is left differs from what the clean run left. Lines that
// begin like one of more may be left once more by every try.
func (y *yardstick) differs(left, more []string) (bad []string) {
	extra, missing := y.compare(left)
	if len(extra)+len(missing) == 0 {
		return nil
	}
	x, m := compare(y.known.loose(y.plain(left)), y.loose)
	if len(more) > 0 {
		if x = without(x, more); len(x)+len(m) == 0 {
			return nil
		}
	}
	if len(x)+len(m) == 0 {
		x, m = extra, missing // the same lines, that belong together in another way
	}
	for _, line := range x {
		bad = append(bad, "leaves beside: "+line)
	}
	for _, line := range m {
		bad = append(bad, "does not leave: "+line)
	}
	return bad
}

// without drops lines that every try may leave once more.
func without(beside, more []string) (rest []string) {
	n := map[string]int{}
	for _, line := range beside {
		i := slices.IndexFunc(more, func(begin string) bool { return strings.HasPrefix(line, begin) })
		if i >= 0 && n[more[i]] < tries {
			n[more[i]]++
			continue
		}
		rest = append(rest, line)
	}
	return rest
}
