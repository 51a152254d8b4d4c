package app_test

import (
	"go/ast"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestASVS1_3_12_PatternsAreLinear: all patterns are of package regexp, whose time is
// linear, and constant.
func TestASVS1_3_12_PatternsAreLinear(t *testing.T) {
	eachImport(t, func(s productFile, path string, at ast.Node) {
		for _, other := range []string{"regexp2", "pcre", "oniguruma", "re2", "rubex"} {
			if strings.Contains(path, other) {
				t.Errorf("%s imports %s", s.at(at), path)
			}
		}
	})
	for _, s := range productFiles(t) {
		ast.Inspect(s.File, func(n ast.Node) bool {
			c, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			f, ok := c.Fun.(*ast.SelectorExpr)
			if !ok || !strings.HasPrefix(selector(f), "regexp.") {
				return true
			}
			if _, literal := c.Args[0].(*ast.BasicLit); !literal {
				t.Errorf("%s makes a pattern of a value", s.at(c))
			}
			return true
		})
	}
}

// TestASVS1_5_1_ASVS1_5_3_OneParser: there is no XML, and what clients send is read with
// jsontext before anything else sees it.
func TestASVS1_5_1_ASVS1_5_3_OneParser(t *testing.T) {
	others := []string{"encoding/xml", "encoding/gob", "github.com/goccy/go-json", "github.com/json-iterator/go", "github.com/valyala/fastjson", "github.com/beevik/etree", "github.com/mailru/easyjson", "encoding/asn1"}
	strict := map[string]bool{"internal/api/json.go": false, "internal/jwt/object.go": false, "internal/list/jsonvalue.go": false}
	eachImport(t, func(s productFile, path string, at ast.Node) {
		if slices.Contains(others, path) || strings.Contains(path, "yaml") && !strings.HasPrefix(s.path, "internal/gateway/") && s.path != "internal/store/dynamo/definition/definition.go" {
			t.Errorf("%s imports %s", s.at(at), path)
		}
		if _, ok := strict[s.path]; ok && path == "github.com/go-json-experiment/json/jsontext" {
			strict[s.path] = true
		}
	})
	for path, uses := range strict {
		if !uses {
			t.Errorf("%s does not read with jsontext", path)
		}
	}
	for _, s := range productFiles(t) {
		ast.Inspect(s.File, func(n ast.Node) bool {
			if e, ok := n.(*ast.SelectorExpr); ok && selector(e) == "json.NewDecoder" && (strings.HasPrefix(s.path, "internal/api/") || strings.HasPrefix(s.path, "internal/account/") || strings.HasPrefix(s.path, "internal/org/") || strings.HasPrefix(s.path, "internal/invite/") || strings.HasPrefix(s.path, "internal/web/")) {
				t.Errorf("%s makes a decoder of its own", s.at(e))
			}
			return true
		})
	}
}

// TestASVS8_3_1_EveryRouteIsWrapped: the domains give their operations to the wrappers of
// api and make no handlers themselves.
func TestASVS8_3_1_EveryRouteIsWrapped(t *testing.T) {
	wrappers := []string{"api.Public", "api.Optional", "api.SignedIn", "api.Admin", "api.Judged"}
	wrapped := 0
	for _, s := range productFiles(t) {
		domain := slices.Contains([]string{"internal/account", "internal/org", "internal/invite", "internal/permissions"}, filepath.Dir(s.path))
		if !domain {
			continue
		}
		ast.Inspect(s.File, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CompositeLit:
				if x, ok := n.Type.(*ast.SelectorExpr); !ok || selector(x) != "api.Routes" {
					return true
				}
				for _, e := range n.Elts {
					c, ok := e.(*ast.KeyValueExpr).Value.(*ast.CallExpr)
					if ok {
						f, _ := c.Fun.(*ast.SelectorExpr)
						ok = f != nil && slices.Contains(wrappers, selector(f))
					}
					if !ok {
						t.Errorf("%s: a route without a wrapper", s.at(e))
					}
					wrapped++
				}
			case *ast.FuncDecl:
				if n.Recv != nil && n.Name.Name == "Serve" {
					t.Errorf("%s: a handler of its own", s.at(n))
				}
			}
			return true
		})
	}
	if wrapped < 50 {
		t.Errorf("%d routes found", wrapped)
	}
}

// TestASVS6_4_2_NoHintsNoQuestions: no member of a request or of a row is a hint or the
// answer to a question.
func TestASVS6_4_2_NoHintsNoQuestions(t *testing.T) {
	tag := regexp.MustCompile(`(?:json|query|path):"([^",]*)`)
	bad := regexp.MustCompile(`(?i)hint|question|answer|maiden|birth|pet_|security_`)
	tags := 0
	for _, s := range productFiles(t) {
		if strings.HasPrefix(s.path, "internal/policy/") {
			continue // its questions are about permissions, and no route's body
		}
		ast.Inspect(s.File, func(n ast.Node) bool {
			f, ok := n.(*ast.Field)
			if !ok || f.Tag == nil {
				return true
			}
			for _, m := range tag.FindAllStringSubmatch(f.Tag.Value, -1) {
				tags++
				if bad.MatchString(m[1]) {
					t.Errorf("%s has a member %q", s.at(f), m[1])
				}
			}
			return true
		})
	}
	if tags < 200 {
		t.Errorf("%d members seen", tags)
	}
}

// TestASVS15_1_2_ASVS15_2_4_ComponentsAreListedAndPinned: every module that a binary links
// has a version in go.mod and two sums in go.sum, and none is replaced.
func TestASVS15_1_2_ASVS15_2_4_ComponentsAreListedAndPinned(t *testing.T) {
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile("../../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"\nreplace", "\nexclude", "=>", "v0.0.0-00010101000000"} {
		if strings.Contains(string(mod), word) {
			t.Errorf("go.mod holds %q", word)
		}
	}
	cmd := exec.Command("go", "list", "-mod=readonly", "-deps", "-f", "{{with .Module}}{{.Path}} {{.Version}}{{end}}", "gatehouse/functions/...", "gatehouse/cmd/...")
	cmd.Env = append(os.Environ(), "GOFLAGS=")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		if line == "" || line == "gatehouse" || seen[line] {
			continue
		}
		seen[line] = true
		if !strings.Contains(string(mod), "\t"+line) {
			t.Errorf("%s is linked, and not in go.mod", line)
		}
		if !strings.Contains(string(sum), line+" h1:") {
			t.Errorf("%s has no sum", line)
		}
	}
	if len(seen) < 20 {
		t.Errorf("%d modules", len(seen))
	}
}
