package attacks

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
)

// source is a test function of the module.
type source struct {
	name string
	idle bool // it is empty, or skips whatever happens
}

// scan finds all test functions below root, by package below root/internal and name.
func scan(root string) (map[string]source, error) {
	found := map[string]source{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "build") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		rel, err := filepath.Rel(filepath.Join(root, "internal"), filepath.Dir(path))
		if err != nil {
			return err
		}
		return scanFile(path, filepath.ToSlash(rel), nil, found)
	})
	return found, err
}

// scanFile adds the test functions of one file; src, if not nil, is its text.
func scanFile(path, pkg string, src any, found map[string]source) error {
	f, err := parser.ParseFile(token.NewFileSet(), path, src, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && isTest(fn) {
			found[pkg+"."+fn.Name.Name] = source{fn.Name.Name, idle(fn)}
		}
	}
	return nil
}

// isTest reports whether go test would run a function.
func isTest(fn *ast.FuncDecl) bool {
	p := fn.Type.Params.List
	if fn.Recv != nil || fn.Body == nil || !strings.HasPrefix(fn.Name.Name, "Test") || len(p) != 1 {
		return false
	}
	star, ok := p[0].Type.(*ast.StarExpr)
	if !ok {
		return false
	}
	sel, ok := star.X.(*ast.SelectorExpr)
	return ok && sel.Sel.Name == "T"
}

func idle(fn *ast.FuncDecl) bool {
	for _, s := range fn.Body.List {
		x, ok := s.(*ast.ExprStmt)
		if !ok {
			continue
		}
		call, ok := x.X.(*ast.CallExpr)
		if !ok {
			continue
		}
		if sel, ok := call.Fun.(*ast.SelectorExpr); ok && strings.HasPrefix(sel.Sel.Name, "Skip") {
			return true
		}
	}
	return len(fn.Body.List) == 0
}

var carries = regexp.MustCompile(`^Test([A-O][0-9]+)`)

// ids are the cases that a name carries, and the words after them. A name that
// carries one without setting it apart has no words.
func ids(name string) (cases, words []string) {
	m := carries.FindStringSubmatch(name)
	if m == nil {
		return nil, nil
	}
	parts := strings.Split(strings.TrimPrefix(name, "Test"), "_")
	if parts[0] != m[1] {
		return m[1:], nil
	}
	for len(parts) > 0 && carries.FindString("Test"+parts[0]) == "Test"+parts[0] {
		cases, parts = append(cases, parts[0]), parts[1:]
	}
	return cases, parts
}
