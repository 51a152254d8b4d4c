package gateway

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"go.yaml.in/yaml/v3"
)

// Schedule is one ScheduleV2 event.
type Schedule struct {
	Function   string
	Event      string // name in the template
	Expression string // "rate(5 minutes)" or "cron(0 3 * * ? *)"
	Input      string // JSON that the function gets; "{}" if the template has none

	every        time.Duration // of a rate; 0 for a cron
	hour, minute int           // of a daily cron, UTC
}

// Next is when the schedule is due first after a time: for a rate one period later,
// for a cron at its next time of day in UTC. To run each turn once, ask with the time
// of the turn before, not with the time its work ended.
func (s Schedule) Next(after time.Time) time.Time {
	if s.every > 0 {
		return after.Add(s.every)
	}
	u := after.UTC()
	next := time.Date(u.Year(), u.Month(), u.Day(), s.hour, s.minute, 0, 0, time.UTC)
	if !next.After(after) {
		next = next.AddDate(0, 0, 1)
	}
	return next
}

func (r *reader) readSchedule(f Function, event string, properties *yaml.Node) {
	s := Schedule{Function: f.Name, Event: event, Expression: text(child(properties, "ScheduleExpression")), Input: "{}"}
	if err := s.parse(); err != nil {
		r.fail(f.at(event), "%w", err)
		return
	}
	if n := child(properties, "ScheduleExpressionTimezone"); n != nil && text(n) != "UTC" {
		r.fail(f.at(event), "line %d: only UTC is supported", n.Line)
	}
	if n := child(properties, "Input"); n != nil {
		if s.Input = text(n); !json.Valid([]byte(s.Input)) {
			r.fail(f.at(event), "line %d: Input must be a text of JSON", n.Line)
		}
	}
	if text(child(properties, "State")) != "DISABLED" {
		r.table.Schedules = append(r.table.Schedules, s)
	}
}

// parse reads rates and daily times, which are all that is needed; EventBridge
// Scheduler's User Guide, "Schedule types", has more. A rate of one is singular there.
func (s *Schedule) parse() error {
	rate := regexp.MustCompile(`^rate\(([1-9][0-9]{0,4}) (minute|hour|day)(s?)\)$`)
	if m := rate.FindStringSubmatch(s.Expression); m != nil {
		n, err := strconv.Atoi(m[1])
		if err != nil || (n == 1) != (m[3] == "") {
			return fmt.Errorf("schedule %q: one is singular, more are plural", s.Expression)
		}
		unit := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[m[2]]
		s.every = time.Duration(n) * unit
		return nil
	}
	daily := regexp.MustCompile(`^cron\(([0-5]?[0-9]) ([01]?[0-9]|2[0-3]) (\* \* \?|\? \* \*) \*\)$`)
	if m := daily.FindStringSubmatch(s.Expression); m != nil {
		s.minute, _ = strconv.Atoi(m[1]) // digits
		s.hour, _ = strconv.Atoi(m[2])
		return nil
	}
	return fmt.Errorf("schedule %q is neither a rate nor a cron of one time a day", s.Expression)
}
