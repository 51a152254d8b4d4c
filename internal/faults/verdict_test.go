package faults

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

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
func (s *sweep) judge(n int, a answer) string {
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
	case a.status == s.clean.status:
		if s.base.request.invoke != "" {
			return "" // what a job says is how much it did this time
		}
		// What is made anew by a repetition without a key may have another id.
		extra, _ := compare(s.known.loose([]string{text(a)}), s.known.loose([]string{s.clean.body}))
		if len(extra) > 0 && (n == 0 || s.keyed) {
			return fmt.Sprintf("%d with another answer: %s", a.status, text(a))
		}
	case n > 0 && slices.Contains(s.again, a.status):
	default:
		return fmt.Sprintf("answers %d %s", a.status, a.body)
	}
	return ""
}

// differs says how what is left differs from what the clean run left.
func (s *sweep) differs(left []string) (bad []string) {
	extra, missing := compare(s.known.normal(left), s.want)
	if len(extra)+len(missing) == 0 {
		return nil
	}
	x, m := compare(s.known.loose(left), s.loose)
	if len(s.extra) > 0 {
		if x = s.without(x); len(x)+len(m) == 0 {
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
func (s *sweep) without(beside []string) (rest []string) {
	n := map[string]int{}
	for _, line := range beside {
		i := slices.IndexFunc(s.extra, func(begin string) bool { return strings.HasPrefix(line, begin) })
		if i >= 0 && n[s.extra[i]] < tries {
			n[s.extra[i]]++
			continue
		}
		rest = append(rest, line)
	}
	return rest
}
