package app_test

import (
	"slices"
	"strings"
)

// onlyOne are sets of operations of which one succeeds at most, whatever the order:
// they want the same thing, and there is one of it.
var onlyOne = [][]string{
	{"accept"},
	{"leave", "remove", "remove, by the maintainer"},
	{"take over", "withdraw the offer", "refuse the offer"},
	{"take over", "maintainer's account ends"},
	{"found", "found, same name"},
	{"found", "rename"},
	{"found, same name", "rename, by the maintainer"},
	{"invite", "invite, by the maintainer", "invite somebody else"}, // one seat is left
	{"register, same name"},
	{"confirm", "confirm, same address", "register, invited"},
	{"reset"},
	{"rename oneself", "outsider is renamed"},
	{"rename oneself", "register, wanted name"},
	{"outsider is renamed", "register, wanted name"},
	{"change address"},
	{"delete", "delete, by an administrator"},
	{"come back"},
	{"admin deletes"},
	{"admin deletes the maintainer"},
}

// tooMany says what is wrong with the answers to some operations: that of several
// which want one thing more than one has it. A third may make room.
func tooMany(m match, statuses []int) (bad []string) {
	if len(m.ops) > 2 {
		return nil
	}
	for _, set := range onlyOne {
		done := 0
		for n, o := range m.ops {
			if slices.Contains(set, o.name) && o.succeeds(statuses[n]) {
				done++
			}
		}
		if done > 1 && (len(set) == 1 || m.ops[0].name != m.ops[1].name || !repeatable[m.ops[0].name]) {
			bad = append(bad, "more than one succeeded")
		}
	}
	return bad
}

// repeatable are operations that change nothing the second time, and say that they are done.
var repeatable = map[string]bool{"rename": true, "rename, by the maintainer": true, "rename oneself": true, "outsider is renamed": true}

// succeeds reports whether a status says that what was asked is done. A page leads
// on to the next then.
func (o operation) succeeds(status int) bool {
	if strings.HasPrefix(o.path, "/auth/") {
		return status == 303
	}
	return status >= 200 && status < 300
}
