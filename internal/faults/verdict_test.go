package faults

import (
	"fmt"
	"regexp"
	"slices"

	"gatehouse/internal/audit"
	"gatehouse/internal/check"
	"gatehouse/internal/store"
)

// text is what of an answer has to be the same each time.
func text(a answer) string { return a.header.Get("Location") + "\n" + a.body }

// rules says which cross-item rule does not hold now. The base was found in order.
func (w *world) rules() string {
	n := w.in.Written()
	if n == w.judged {
		return ""
	}
	w.judged = n
	found, err := check.Run(w.base.Context(), store.New(w.in.Memory, w.clock), nil)
	if err != nil {
		return err.Error()
	}
	for _, v := range found {
		if !v.Warning() {
			return v.String()
		}
	}
	return ""
}

// chained says what is wrong with the chains of the audit log.
func (w *world) chained() (bad []string) {
	c := &audit.Chain{Table: store.New(w.in.Memory, w.clock), Secrets: w.base.Parts.Secrets}
	err := c.VerifyAll(w.base.Context(), func(_, _ int64, r audit.Report) {
		for _, f := range r.Findings {
			bad = append(bad, fmt.Sprint(f))
		}
	})
	if err != nil {
		bad = append(bad, err.Error())
	}
	return bad
}

// leaks is what no answer may tell of our troubles.
var leaks = regexp.MustCompile(`injected|store:|panic|goroutine|storetest`)

// judge says what is wrong with the answer to try n.
func (s *sweep) judge(n int, a answer, y *yardstick) string {
	if leaks.MatchString(a.body) {
		return "the answer tells of our troubles: " + a.body
	}
	switch {
	case a.status == 0:
	case a.status == 503:
		if a.header.Get("Retry-After") == "" {
			return "503 without Retry-After"
		}
	case a.status == 500:
	case a.status == y.status:
		if s.base.request.invoke != "" {
			return "" // what a job says is how much it did this time
		}
		if y.looseText(text(a)) != y.body && (n == 0 || s.keyed) {
			return fmt.Sprintf("%d with another answer: %s", a.status, text(a))
		}
	case n > 0 && slices.Contains(s.again, a.status):
	default:
		return fmt.Sprintf("answers %d %s", a.status, a.body)
	}
	return ""
}
