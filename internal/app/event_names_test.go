package app_test

import (
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestEventsAreThoseOfTheDocument holds the names of events in the code, and nothing
// else, against the list in internal/doc.go.
func TestEventsAreThoseOfTheDocument(t *testing.T) {
	var coded []string
	for _, s := range sources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr: // the pairs of slog: "event", "mail.failed"
				for i, a := range n.Args {
					if text(a) == "event" && i+1 < len(n.Args) && text(n.Args[i+1]) != "" {
						coded = append(coded, text(n.Args[i+1]))
					}
				}
			case *ast.ValueSpec: // LinkRefused Event = "link_refused"
				if kind, ok := n.Type.(*ast.Ident); ok && kind.Name == "Event" && len(n.Values) == 1 {
					coded = append(coded, text(n.Values[0]))
				}
			}
			return true
		})
	}
	doc, err := os.ReadFile(filepath.Join("..", "doc.go"))
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(doc), "// # Events\n")
	list, _, ok := strings.Cut(list, "// # Decisions\n")
	var documented []string
	for _, m := range regexp.MustCompile(`(?m)^//\t([a-z_.]+) `).FindAllStringSubmatch(list, -1) {
		documented = append(documented, m[1])
	}
	slices.Sort(documented)
	slices.Sort(coded)
	if !ok || len(documented) < 15 || !slices.Equal(documented, slices.Compact(coded)) {
		t.Errorf("internal/doc.go lists\n%q, the code has\n%q", documented, coded)
	}
}

// text is the value of a literal string; "" of anything else.
func text(e ast.Expr) string {
	if l, ok := e.(*ast.BasicLit); ok {
		return strings.Trim(l.Value, `"`)
	}
	return ""
}
