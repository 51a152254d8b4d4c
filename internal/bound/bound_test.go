package bound_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/bound"
)

// failed notes whether a test would have failed.
type failed struct{ says string }

func (*failed) Helper()          {}
func (f *failed) Error(v ...any) { f.says += v[0].(string) }

var (
	kept [][]byte
	sum  uint64
)

// TestJ15_SlowAndLargeIsFound does what is too much, and what is not.
func TestJ15_SlowAndLargeIsFound(t *testing.T) {
	for name, x := range map[string]struct {
		do   func()
		says string
	}{
		"little": {func() { kept = [][]byte{make([]byte, 1<<10)} }, ""},
		"slow": {func() {
			n := sum
			for range 3 * bound.Time { // a nanosecond each, or more
				n = n*1664525 + 1013904223
			}
			sum = n
		}, "of a processor"},
		"large":     {func() { kept = [][]byte{make([]byte, bound.Bytes+1<<20)} }, "allocated"},
		"many":      {func() { kept = nil; fill() }, "allocated"},
		"only late": {func() { time.Sleep(100 * time.Millisecond) }, ""},
	} {
		var f failed
		end := bound.Of(&f)
		x.do()
		end()
		if (x.says == "") != (f.says == "") || !strings.Contains(f.says, x.says) {
			t.Errorf("%s: %q, want %q", name, f.says, x.says)
		}
	}
}

func fill() {
	for range 2 * bound.Bytes >> 10 {
		kept = append(kept[:0], make([]byte, 1<<10))
	}
}

// TestJ15_FuzzTargets counts the targets of the module, and reads that each of them
// measures every input: go test runs the seeds of all, and make fuzz much more.
func TestJ15_FuzzTargets(t *testing.T) {
	targets := 0
	err := filepath.WalkDir(filepath.Join("..", ".."), func(name string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			return err
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv != nil || !strings.HasPrefix(fn.Name.Name, "Fuzz") {
				continue
			}
			targets++
			if seeds, bounded := read(fn.Body); !seeds || !bounded {
				t.Errorf("%s in %s: seeds %v, bounded %v", fn.Name.Name, name, seeds, bounded)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if targets < 20 {
		t.Errorf("%d targets, want at least 20", targets)
	}
}

// read tells whether a target adds seeds, and whether what it does with an input
// begins with: defer bound.Of(t)().
func read(body *ast.BlockStmt) (seeds, bounded bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		switch selector(call.Fun) {
		case "f.Add":
			seeds = true
		case "f.Fuzz":
			if fn, ok := call.Args[0].(*ast.FuncLit); ok && len(fn.Body.List) > 0 {
				if d, ok := fn.Body.List[0].(*ast.DeferStmt); ok {
					of, ok := d.Call.Fun.(*ast.CallExpr)
					bounded = ok && selector(of.Fun) == "bound.Of"
				}
			}
		}
		return true
	})
	return seeds, bounded
}

// selector is x.y as text.
func selector(e ast.Expr) string {
	if s, ok := e.(*ast.SelectorExpr); ok {
		if x, ok := s.X.(*ast.Ident); ok {
			return x.Name + "." + s.Sel.Name
		}
	}
	return ""
}
