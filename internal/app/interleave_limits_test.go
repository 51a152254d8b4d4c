package app_test

import (
	"strings"
	"testing"

	"gatehouse/internal/app"
	"gatehouse/internal/lambdahttp"
	"gatehouse/internal/plan"
)

// planned are the product's functions where plans limit what a workspace holds.
func planned() made {
	all := app.Functions()
	all["workspace"] = func(p *app.Parts) (lambdahttp.Function, error) {
		work := p.Work()
		work.Plans = plan.Shipped()
		f := lambdahttp.New(work.Routes(p.Gate()))
		f.Refuse, f.Log = p.Gate().Refuse, p.Log
		return f, nil
	}
	return all
}

// TestInterleavingsWithinLimits plays pairs that want the one place that a plan leaves:
// in no order do both get it, and without plans both do.
func TestInterleavingsWithinLimits(t *testing.T) {
	s := setScene(t)
	j, err := newJudge(s)
	if err != nil {
		t.Fatal(err)
	}
	s.operations()
	f := &referee{judge: j}
	for _, names := range [][2]string{
		{"make a project at home", "make a project at home"},
		{"move the project home", "make a project at home"},
		{"move the project to the rival", "make a project at the rival's"},
		{"make a storage at home", "make a storage at home"},
	} {
		m := match{ops: []operation{s.named(names[0]), s.named(names[1])}}
		for _, limited := range []bool{true, false} {
			if m.made = nil; limited {
				m.made = planned()
			}
			out := f.play(m)
			for _, b := range out.bad {
				t.Error(b)
			}
			refused := 0
			for e := range out.ends {
				if statuses, _, _ := strings.Cut(e, "\n"); strings.Contains(statuses, "40") {
					refused++
				} else if limited {
					t.Errorf("%s: both have got it: %s", out.name, statuses)
				}
			}
			if !limited && refused > 0 {
				t.Errorf("%s: without plans somebody is refused", out.name)
			}
		}
	}
}
