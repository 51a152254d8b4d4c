package model

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// coverage counts how often each command was answered how.
type coverage struct {
	done, refused, other        map[string]int
	sequences, steps, throttled int
}

func newCoverage() *coverage {
	return &coverage{done: map[string]int{}, refused: map[string]int{}, other: map[string]int{}}
}

func (c *coverage) note(name string, status int) {
	switch {
	case status == 429:
		c.throttled++
	case status < 300:
		c.done[name]++
	case status >= 400 && status < 500:
		c.refused[name]++
	default:
		c.other[name]++
	}
}

func (c *coverage) String() string {
	all := maps.Clone(c.done)
	maps.Copy(all, c.refused)
	maps.Copy(all, c.other)
	var b strings.Builder
	fmt.Fprintf(&b, "%-24s %8s %8s\n", "command", "done", "refused")
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&b, "%-24s %8d %8d\n", name, c.done[name], c.refused[name])
	}
	fmt.Fprintf(&b, "%d sequences, %d steps\n", c.sequences, c.steps)
	return b.String()
}

// always are the commands that are never refused, or never with such an answer.
var always = []string{"revoke"}

// never are those that are always refused.
var never = []string{"cross-site request"}

// fullSet is how many sequences are enough to expect everything of.
const fullSet = 400

// floor fails the test for commands that never came, and of a full set for those that
// never did anything or were never refused.
func (c *coverage) floor(t *testing.T, commands []string) {
	t.Helper()
	for _, name := range commands {
		if c.done[name]+c.refused[name] == 0 {
			t.Errorf("%q never came", name)
		}
		if c.sequences < fullSet {
			continue
		}
		if c.done[name] == 0 && !slices.Contains(never, name) {
			t.Errorf("%q was never done", name)
		}
		if c.refused[name] == 0 && !slices.Contains(always, name) {
			t.Errorf("%q was never refused", name)
		}
	}
}
