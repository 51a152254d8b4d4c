package ses

import (
	"os"
	"path/filepath"
	"testing"

	"gatehouse/internal/bound"
	"gatehouse/internal/mail"
)

// The samples have the form of the records in the SES developer guide, "Examples
// of event data", inside EventBridge's envelope.
func TestSampleEvents(t *testing.T) {
	const tag = "1795419642996-3k9x0a1b2c3d4e5f6g7h8i9j0k"
	want := map[string]mail.Report{
		"bounce-permanent.json":     {Tag: tag, State: mail.Bounced, Cause: "Permanent/General 5.1.1 smtp; 550 5.1.1 [address] user unknown"},
		"bounce-suppressed.json":    {Tag: tag, State: mail.Bounced, Cause: "Permanent/OnAccountSuppressionList"},
		"bounce-transient.json":     {},
		"bounce-undetermined.json":  {},
		"bounce-foreign.json":       {},
		"bounce-bad-tag.json":       {},
		"bounce-other-source.json":  {},
		"complaint.json":            {Tag: tag, State: mail.Complained, Cause: "abuse"},
		"complaint-suppressed.json": {Tag: tag, State: mail.Complained, Cause: "OnAccountSuppressionList"},
		"complaint-not-spam.json":   {},
		"delivery.json":             {},
		"delay.json":                {},
		"send.json":                 {},
		"advisor.json":              {},
	}
	files, err := os.ReadDir(filepath.Join("testdata", "events"))
	if err != nil || len(files) != len(want) {
		t.Errorf("%d samples, want %d; %v", len(files), len(want), err)
	}
	for name, report := range want {
		payload, err := os.ReadFile(filepath.Join("testdata", "events", name))
		if err != nil {
			t.Fatal(err)
		}
		got, ok, err := ParseEvent(payload)
		if err != nil || ok != (report != mail.Report{}) || got != report {
			t.Errorf("%s: %+v, %t, %v", name, got, ok, err)
		}
	}
}

func TestNoEvent(t *testing.T) {
	for _, payload := range []string{"", "x", "[]", "{}", "null", `{"source":7}`, `{"source":"aws.ses","detail":{"mail":{"tags":"x"}}}`} {
		if _, ok, err := ParseEvent([]byte(payload)); err == nil || ok {
			t.Errorf("%q: %t, %v", payload, ok, err)
		}
	}
}

func FuzzParseEvent(f *testing.F) {
	for _, name := range []string{"bounce-permanent.json", "complaint.json"} {
		b, err := os.ReadFile(filepath.Join("testdata", "events", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		defer bound.Of(t)()
		r, ok, _ := ParseEvent(payload)
		if _, _, valid := mail.ParseTag(r.Tag); ok != valid {
			t.Errorf("%t with report %+v", ok, r)
		}
	})
}
