package scorecard

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Result is how one test ended.
type Result struct {
	Package, Test string
	Passed        bool
	Skipped       bool
}

// Name is how the test is named in the scorecard: without the module.
func (r Result) Name() string {
	_, pkg, _ := strings.Cut(r.Package, "/")
	return pkg + "." + r.Test
}

// Run is what a run of go test -json told.
type Run struct {
	Results []Result
	Broken  []string // packages that did not build, or ended in the middle of a test
}

// event is a line of go test -json.
type event struct {
	Action, Package, ImportPath, Test string
}

// ReadRun reads the stream of go test -json. A test that began and never ended has
// failed.
func ReadRun(r io.Reader) (Run, error) {
	var run Run
	at := map[string]int{} // of the results, by package and test
	open := map[string]bool{}
	d := json.NewDecoder(r)
	for {
		var e event
		switch err := d.Decode(&e); {
		case errors.Is(err, io.EOF):
			if len(at) == 0 {
				return run, errors.New("scorecard: there is no test in the stream")
			}
			for key := range open {
				run.Broken = append(run.Broken, key)
			}
			return run, nil
		case err != nil:
			return run, fmt.Errorf("scorecard: the stream is not that of go test -json: %w", err)
		}
		key := e.Package + " " + e.Test
		switch {
		case e.Action == "build-fail":
			run.Broken = append(run.Broken, e.ImportPath)
		case e.Test == "":
		case e.Action == "run":
			at[key] = len(run.Results) // with -count=2 there are two of them
			run.Results = append(run.Results, Result{Package: e.Package, Test: e.Test})
			open[key] = true
		case e.Action == "pass" || e.Action == "fail" || e.Action == "skip":
			i, began := at[key]
			if !began {
				return run, fmt.Errorf("scorecard: %s ended without having begun", key)
			}
			delete(open, key)
			run.Results[i].Passed, run.Results[i].Skipped = e.Action == "pass", e.Action == "skip"
		}
	}
}
