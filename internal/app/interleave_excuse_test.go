package app_test

import (
	"slices"
	"strings"
)

// The reasons for which an order may end as none without overlap does. Each says of
// what kind the difference is; the pairs that have it are listed in the golden file,
// so that one more is seen in a review.
const (
	// The same is left, and who is refused is the same: only which refusal it is, or
	// which page is shown, is decided on what was read at different moments.
	anotherRefusal = "another-refusal"
	// A request goes on though what it came with has ended since it began: what holds
	// at once for the next request is no condition of one that is under way.
	underWay = "under-way"
	// What is done in two steps, as pages and batches do it, is two decisions: what comes
	// between them counts for the second.
	twoSteps = "two-steps"
	// A notice goes to the address that the account had when the request read it.
	addressAsRead = "address-as-read"
	// Of three, one is refused on what it read at moments between which the two others
	// went on; it has changed nothing.
	refusedBetween = "refused-between"
	// A process died, and what it was to do is done whole or not at all.
	wholeOrNot = "whole-or-not"
)

// excuse is why an ending that no order without overlap has is fine; "" if it is not.
func (s serial) excuse(m match, o *order, e ending) string {
	alike := func(other ending) bool {
		return other.text == e.text && slices.Equal(m.roughly(other.statuses), m.roughly(e.statuses))
	}
	if slices.ContainsFunc(s.endings, alike) {
		return anotherRefusal
	}
	if dead := slices.Index(o.statuses, 0); dead >= 0 && s.without(dead, m, e, s.endings) {
		return wholeOrNot
	}
	for n, status := range e.statuses {
		if len(m.ops) > 2 && status >= 400 && s.without(n, m, e, nil) {
			return refusedBetween
		}
	}
	for n, status := range e.statuses {
		if status != 401 && slices.ContainsFunc(s.endings, func(o ending) bool { return o.statuses[n] == 401 }) {
			return underWay
		}
	}
	for _, a := range accounted {
		if a.covers(m) {
			return a.why
		}
	}
	return ""
}

// roughly are answers without which refusal one is. What a page does shows in what is left.
func (m match) roughly(statuses []int) (out []int) {
	for n, status := range statuses {
		switch {
		case strings.HasPrefix(m.ops[n].path, "/auth/"):
			status = 1
		case status >= 400 && status < 500:
			status = 400
		}
		out = append(out, status)
	}
	return out
}

// without reports whether an ending is one that comes about when a request never
// begins, or is one of some more, whatever that request is answered.
func (s serial) without(n int, m match, e ending, more []ending) bool {
	for _, o := range append(slices.Clone(more), s.missing[n]...) {
		got, want := m.roughly(e.statuses), m.roughly(o.statuses)
		got[n], want[n] = 0, 0
		if o.text == e.text && slices.Equal(got, want) {
			return true
		}
	}
	return false
}

// difference is one that is known of some operations with some others.
type difference struct {
	why   string
	these []string
	those []string
}

// covers reports whether a pair is one of these and one of those.
func (d difference) covers(m match) bool {
	if len(m.ops) != 2 {
		return false
	}
	a, b := m.ops[0].name, m.ops[1].name
	return slices.Contains(d.these, a) && slices.Contains(d.those, b) || slices.Contains(d.these, b) && slices.Contains(d.those, a)
}

var accounted = []difference{
	{twoSteps, []string{"page: decline"}, []string{"accept", "accept, with a key"}},
	{addressAsRead, []string{"change password", "change password, elsewhere"}, []string{"change address", "page: change address"}},
}
