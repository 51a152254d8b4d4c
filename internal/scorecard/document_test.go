package scorecard

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

// inSources are the names of all tests by folder, and all texts in tests that could
// name a subtest.
func inSources(t *testing.T) (tests map[string]bool, texts []string) {
	t.Helper()
	tests = map[string]bool{}
	fset := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(fset, path, nil, 0)
		if err != nil {
			return err
		}
		for _, decl := range f.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && (strings.HasPrefix(fn.Name.Name, "Test") || strings.HasPrefix(fn.Name.Name, "Fuzz")) {
				tests[filepath.ToSlash(folder)+"."+fn.Name.Name] = true
			}
		}
		if strings.HasPrefix(filepath.ToSlash(folder), "internal/scorecard") {
			return nil // its examples are no tests
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
				texts = append(texts, strings.Trim(l.Value, "`\""))
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return tests, texts
}

var (
	tableRow = regexp.MustCompile(`(?m)^\| (N?\d+(?:\.\d+)+[a-z]?) \| (\w) \| ([^|]*) \| (.*) \|$`)
	testName = regexp.MustCompile("`([^`]+)`")
)

// TestDocument holds the committed scorecard against the requirements and the sources.
func TestDocument(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(root, "docs/security-scorecard.md"))
	if err != nil {
		t.Fatal(err)
	}
	all, err := Requirements()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]Requirement{}
	for _, q := range all {
		known[q.ID] = q
	}
	tests, _ := inSources(t)
	_, rows, _ := strings.Cut(string(b), "\n## ")
	listed := map[string]bool{}
	for _, m := range tableRow.FindAllStringSubmatch(rows, -1) {
		id := m[1]
		q, ok := known[id]
		if !ok || q.Level != m[2] || q.Title != m[3] || listed[id] {
			t.Errorf("row %q is not that of a requirement, or stands twice", m[0])
		}
		listed[id] = true
		for _, name := range testName.FindAllStringSubmatch(m[4], -1) {
			full := strings.ReplaceAll(name[1], `\|`, "|")
			folder, path, _ := strings.Cut(full, ".") // no folder of ours has a dot
			test, _, _ := strings.Cut(path, "/")
			if !tests[folder+"."+test] {
				t.Errorf("%s, of %s, is in no source", full, id)
			}
			if !slices.Contains(IDs(path), id) {
				t.Errorf("%s does not carry %s", full, id)
			}
		}
	}
	for id := range known {
		if !listed[id] {
			t.Errorf("%s is not in the document; run make scorecard", id)
		}
	}
}

// TestIDsAreKnown: every id in the name of a test, or of a subtest, is a requirement.
func TestIDsAreKnown(t *testing.T) {
	all, err := Requirements()
	if err != nil {
		t.Fatal(err)
	}
	tests, texts := inSources(t)
	carriers := 0
	check := func(name string) {
		ids := IDs(name)
		for _, id := range ids {
			if !slices.ContainsFunc(all, func(q Requirement) bool { return q.ID == id }) {
				t.Errorf("%s names %s, which is no requirement", name, id)
			}
		}
		carriers += min(1, len(ids))
	}
	for name := range tests {
		if i := strings.LastIndex(name, "/"); !strings.HasPrefix(name, "internal/scorecard.") {
			check(strings.SplitN(name[i+1:], ".", 2)[1])
		}
	}
	for _, text := range texts {
		check(text)
	}
	if carriers < 40 {
		t.Errorf("%d tests carry an id", carriers)
	}
}
