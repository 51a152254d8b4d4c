package plan

import (
	"strings"
	"testing"
)

func TestShipped(t *testing.T) {
	p := Shipped()
	free, team := p.Of("", true), p.Of("team", true)
	if free.Most(Tasks) != 3 || free.Most(Members) != 2 || team.Most(Tasks) != 0 {
		t.Errorf("free %v, team %v", free, team)
	}
	if got := p.Of("team", false); got.ID != "free" {
		t.Errorf("a person has the plan of organizations: %v", got)
	}
	if got := p.Lifts(free, Tasks, true) + p.Lifts(free, Tasks, false) + p.Lifts(team, Tasks, true); got != "TeamSolo" {
		t.Errorf("lifted by %q", got)
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		`{`:                                    "unexpected end",
		`{"default":"a","plans":[]}`:           `default: expected the id of a plan, have "a"`,
		`{"default":"a","plans":[{"id":"a"}]}`: "expected an id of its own and a name",
		`{"default":"a","plans":[{"id":"a","name":"A"},{"id":"a","name":"B"}]}`: "plans[1]",
		`{"default":"a","plans":[{"id":"a","name":"A","for":"cats"}]}`:          "plans[0].for",
		`{"default":"a","plans":[{"id":"a","name":"A","limits":{"cats":1}}]}`:   `"cats": 1`,
		`{"default":"a","plans":[{"id":"a","name":"A","limits":{"tasks":0}}]}`:  `"tasks": 0`,
	} {
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
