package compile

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/tester"
)

// Result is how one test of rules went.
type Result struct {
	File   string
	Line   int
	Name   string
	Failed bool
	Reason string // of an error, besides having failed
}

// Test runs the tests in a folder of rules, in the order of their files.
func Test(ctx context.Context, folder fs.FS) ([]Result, error) {
	names, err := fs.Glob(folder, "*"+Extension)
	if err != nil {
		return nil, err
	}
	modules := map[string]*ast.Module{}
	for _, name := range names {
		b, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, err
		}
		if modules[name], err = ast.ParseModule(name, string(b)); err != nil {
			return nil, translated(err)
		}
	}
	all, err := tester.NewRunner().SetParallel(1).SetModules(modules).RunTests(ctx, nil)
	if err != nil {
		return nil, translated(err)
	}
	var out []Result
	for r := range all {
		x := Result{File: r.Location.File, Line: r.Location.Row, Name: r.Name, Failed: !r.Pass()}
		if r.Error != nil {
			x.Reason = r.Error.Error()
		}
		var sub []string
		for _, s := range r.SubResults {
			if s.Fail {
				sub = append(sub, fmt.Sprintf("%q", s.Name))
			}
		}
		if len(sub) > 0 {
			x.Reason = "failed for " + strings.Join(sub, ", ")
		}
		out = append(out, x)
	}
	slices.SortFunc(out, func(x, y Result) int {
		return cmp.Or(cmp.Compare(x.File, y.File), cmp.Compare(x.Line, y.Line), cmp.Compare(x.Name, y.Name))
	})
	return out, ctx.Err()
}
