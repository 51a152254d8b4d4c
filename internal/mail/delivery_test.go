package mail

import (
	"errors"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/store"
)

func TestReports(t *testing.T) {
	bounced, complained := Report{State: Bounced, Cause: "no mailbox"}, Report{State: Complained, Cause: "abuse"}
	for name, c := range map[string]struct {
		reports      []Report
		state, cause string
	}{
		"bounce":                    {[]Report{bounced}, Bounced, "no mailbox"},
		"bounce twice":              {[]Report{bounced, {State: Bounced, Cause: "again"}}, Bounced, "no mailbox"},
		"complaint":                 {[]Report{complained}, Complained, "abuse"},
		"bounce and complaint":      {[]Report{bounced, complained}, Complained, "abuse"},
		"the other way round":       {[]Report{complained, bounced}, Complained, "abuse"},
		"a cause of any length":     {[]Report{{State: Bounced, Cause: strings.Repeat("é", 500)}}, Bounced, strings.Repeat("é", 100) + "…"},
		"bounce, complaint, bounce": {[]Report{bounced, complained, bounced}, Complained, "abuse"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			j := r.queue(KindConfirm, "ada@example.org")
			r.drain()
			before := r.delivery(j)
			for _, report := range c.reports {
				r.turn(time.Minute)
				report.Tag = r.sent[0].Tag
				if err := Record(t.Context(), r.table, report); err != nil {
					t.Fatal(err)
				}
			}
			d := r.delivery(j)
			if d.State != c.state || d.Error != c.cause || d.Updated <= before.Updated {
				t.Errorf("delivery %+v", d)
			}
			p, err := r.table.Query(t.Context(), store.Query{Index: store.ByRecipient, PK: "TO#ada@example.org", Limit: 10})
			if err != nil || len(p.Items) != 1 {
				t.Errorf("%d deliveries by recipient, %v", len(p.Items), err)
			}
		})
	}
}

func TestReportNotAboutADelivery(t *testing.T) {
	r := newRig(t)
	now := r.clock()
	if err := Record(t.Context(), r.table, Report{Tag: Tag(now.Add(-time.Hour).UnixMilli(), "gone"), State: Bounced}); err != nil {
		t.Errorf("one that has expired: %v", err)
	}
	// The carrier was faster than our own record of the sending.
	if err := Record(t.Context(), r.table, Report{Tag: Tag(now.UnixMilli(), "new"), State: Bounced}); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("one that is not recorded yet: %v", err)
	}
	for _, bad := range []tagState{
		{"", Bounced}, {"12-x", Bounced}, {"0000000000012", Bounced}, {"0000000000012-", Bounced},
		{"0000000000012x-a", Bounced}, {"+000000000012-a", Bounced}, {"0000000000012-A#", Bounced},
		{Tag(0, strings.Repeat("a", 65)), Bounced}, {Tag(0, "a"), Sent}, {Tag(0, "a"), ""},
	} {
		if err := Record(t.Context(), r.table, bad.report()); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}

type tagState struct{ tag, state string }

func (p tagState) report() Report { return Report{Tag: p.tag, State: p.state} }

func TestReportsAtOnce(t *testing.T) {
	r := newRig(t)
	j := r.queue(KindConfirm, "ada@example.org")
	r.drain()
	errs := make(chan error)
	for n := range 8 {
		state := []string{Bounced, Complained}[n%2]
		go func() { errs <- Record(t.Context(), r.table, Report{Tag: r.sent[0].Tag, State: state}) }()
	}
	for range 8 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if d := r.delivery(j); d.State != Complained {
		t.Errorf("delivery %+v", d)
	}
}

func TestTag(t *testing.T) {
	created, id, ok := ParseTag(Tag(1795419642996, "abc123"))
	if created != 1795419642996 || id != "abc123" || !ok {
		t.Errorf("read back as %d %q %t", created, id, ok)
	}
}

func TestStateOf(t *testing.T) {
	r := newRig(t)
	j := NewJob(r.clock(), KindInvitation, map[string]string{"to": "ada@example.org"})
	if err := r.table.Transact(t.Context(), j.Op()); err != nil {
		t.Fatal(err)
	}
	state := func() Delivery {
		t.Helper()
		d, err := StateOf(t.Context(), r.table, j.Ref())
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	waits := Delivery{ID: j.ID, State: Queuing, Created: j.Created}
	if d := state(); d != waits {
		t.Errorf("at once %+v", d)
	}
	r.send = func(Message) error { return errors.New("carrier is down") }
	r.drain()
	if d := state(); d != waits {
		t.Errorf("after a failure %+v", d)
	}
	r.send = nil
	r.turn(time.Hour)
	r.drain()
	if d := state(); d != r.delivery(j) || d.State != Sent || d.To != "ada@example.org" || d.Attempts != 2 {
		t.Errorf("sent %+v", d)
	}
	if err := Record(t.Context(), r.table, Report{Tag: j.Ref(), State: Bounced, Cause: "no mailbox"}); err != nil {
		t.Fatal(err)
	}
	r.turn(keepFor - 2*time.Hour)
	if d := state(); d.State != Bounced || d.Error != "no mailbox" {
		t.Errorf("bounced %+v", d)
	}
	r.turn(2 * time.Hour)
	if d := state(); d != (Delivery{}) {
		t.Errorf("expired %+v", d)
	}
}

// A message is queued until its last attempt is recorded, however late that is.
func TestStateOfUntilGivenUp(t *testing.T) {
	r := newRig(t)
	j := r.queue(KindInvitation, "ada@example.org")
	r.send = func(Message) error { return errors.New("carrier is down") }
	for len(r.waiting()) > 0 {
		if d, err := StateOf(t.Context(), r.table, j.Ref()); err != nil || d.State != Queuing {
			t.Fatalf("after %v: %+v, %v", r.clock().Sub(time.UnixMilli(j.Created)), d, err)
		}
		r.turn(time.Minute)
		r.drain()
	}
	if d, err := StateOf(t.Context(), r.table, j.Ref()); err != nil || d.State != Failed || d.Error != "carrier is down" {
		t.Errorf("given up %+v, %v", d, err)
	}
}

func TestStateOfNothing(t *testing.T) {
	r := newRig(t)
	j := r.queue("nothing", "ada@example.org")
	r.drain()
	if d, err := StateOf(t.Context(), r.table, j.Ref()); err != nil || d.State != Queuing {
		t.Errorf("not needed: %+v, %v", d, err)
	}
	r.turn(overdue)
	for _, ref := range []string{j.Ref(), "", "x", j.ID, "0000000000012-", "0000000000012-A#", j.Ref() + "#"} {
		if d, err := StateOf(t.Context(), r.table, ref); err != nil || d != (Delivery{}) {
			t.Errorf("%q: %+v, %v", ref, d, err)
		}
	}
}

func TestNewJob(t *testing.T) {
	r := newRig(t)
	j := NewJob(r.clock().Add(999*time.Microsecond), KindInvitation, map[string]string{"a": "b"})
	op := j.Op()
	if created, id, ok := ParseTag(j.Ref()); !ok || id != j.ID || created != j.Created || op.Key != j.key(r.clock()) || op.If != store.Absent {
		t.Errorf("%q of %+v at %q", j.Ref(), j, op.Key)
	}
	if err := r.table.Transact(t.Context(), op); err != nil {
		t.Fatal(err)
	}
	if _, lost := store.Conflict(r.table.Transact(t.Context(), j.Op())); !lost {
		t.Error("written twice")
	}
	if w := r.waiting(); len(w) != 1 || w[0].ID != j.ID || w[0].Args["a"] != "b" {
		t.Errorf("waiting %+v", w)
	}
	r.drain()
	if len(r.sent) != 1 || r.sent[0].Tag != j.Ref() {
		t.Errorf("sent %+v", r.sent)
	}
}
