package app_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// source is a file of the product.
type source struct {
	name    string // below the module
	file    *ast.File
	imports []string
}

// sources are all files that a binary can be made of.
func sources(t *testing.T) (all []source) {
	t.Helper()
	root := filepath.Join("..", "..")
	for _, dir := range []string{"internal", "functions", "cmd"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(name string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(root, name)
			s := source{name: filepath.ToSlash(rel), file: f}
			for _, i := range f.Imports {
				s.imports = append(s.imports, strings.Trim(i.Path.Value, `"`))
			}
			all = append(all, s)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(all) < 200 {
		t.Fatalf("only %d files were found", len(all))
	}
	return all
}

// uses are the selectors of a file that are written as one of names.
func (s source) uses(names ...string) (found []string) {
	ast.Inspect(s.file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && slices.Contains(names, x.Name+"."+sel.Sel.Name) {
				found = append(found, x.Name+"."+sel.Sel.Name)
			}
		}
		return true
	})
	return found
}

// below reports whether a file lies in one of some folders.
func (s source) below(dirs ...string) bool {
	return slices.ContainsFunc(dirs, func(d string) bool { return strings.HasPrefix(s.name, d) })
}

// TestJ8_GO20231664_CVE202326483_NothingInflates: what somebody sends is never
// decompressed, because nothing but the built-in list of common passwords is. Whoever
// reads a compressed message of SAML has to bound it, and to say so here.
func TestJ8_GO20231664_CVE202326483_NothingInflates(t *testing.T) {
	for _, s := range sources(t) {
		for _, i := range s.imports {
			if (strings.HasPrefix(i, "compress/") || strings.HasPrefix(i, "archive/") || strings.Contains(i, "klauspost/compress") || strings.Contains(i, "brotli")) &&
				!slices.Contains([]string{"internal/password/common.go", "internal/password/gen/main.go"}, s.name) {
				t.Errorf("%s imports %s", s.name, i)
			}
		}
	}
}

// TestJ13_NoPatternsOnInput: patterns of regular expressions, which a careless one
// makes slow, are used on short names, on the template and on the names of tests alone.
func TestJ13_NoPatternsOnInput(t *testing.T) {
	for _, s := range sources(t) {
		known := []string{"internal/tenant/tenant.go", "internal/gateway/schedule.go", "internal/scorecard/names.go"}
		for _, i := range s.imports {
			if strings.Contains(i, "regexp") && !slices.Contains(known, s.name) && !s.below("internal/apptest/") {
				t.Errorf("%s imports %s", s.name, i)
			}
		}
	}
}

// outgoing is the table of where the product opens connections to.
var outgoing = map[string]string{
	"internal/outbound/":     "issuers of tokens, under the rules of the package",
	"internal/mail/ses/":     "SES",
	"internal/store/dynamo/": "DynamoDB, and Secrets Manager through the same client",
	"internal/lambdatest/":   "a function under test",
	"internal/apptest/":      "the product under test",
	"internal/overload/":     "the product under load, on this machine",
}

// TestL6_OutgoingRequests: nothing but the packages of the table can open a
// connection, and of them one alone to an address that a stranger chose.
func TestL6_OutgoingRequests(t *testing.T) {
	calls := []string{"http.Client", "http.DefaultClient", "http.Transport", "http.DefaultTransport", "http.Get", "http.Head", "http.Post", "http.PostForm",
		"net.Dial", "net.DialTimeout", "net.Dialer", "net.DialTCP", "net.DialUDP", "net.DialUnix", "tls.Dial", "tls.Dialer", "smtp.SendMail", "smtp.Dial", "rpc.Dial",
		"net.LookupHost", "net.LookupIP", "net.LookupAddr", "net.Resolver"}
	seen := map[string]bool{}
	for _, s := range sources(t) {
		used := s.uses(calls...)
		for dir := range outgoing {
			if s.below(dir) && len(used) > 0 {
				seen[dir] = true
				used = nil
			}
		}
		if len(used) > 0 {
			t.Errorf("%s uses %v: it is not in the table of outgoing connections", s.name, used)
		}
		if s.below("internal/account/", "internal/org/", "internal/invite/", "internal/api/", "internal/web/") && slices.Contains(s.imports, "gatehouse/internal/outbound") {
			t.Errorf("%s fetches by itself", s.name)
		}
	}
	for _, dir := range []string{"internal/outbound/", "internal/mail/ses/", "internal/store/dynamo/"} {
		if !seen[dir] {
			t.Errorf("no connection was found in %s: what this test looks for has changed", dir)
		}
	}
}

// TestN5_NoDebugLogging: nothing can switch on what writes requests and answers whole,
// and the functions have no setting for it.
func TestN5_NoDebugLogging(t *testing.T) {
	for _, s := range sources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && (strings.HasPrefix(id.Name, "LogRequest") || strings.HasPrefix(id.Name, "LogResponse") || strings.HasPrefix(id.Name, "LogSigning") || id.Name == "ClientLogMode" || id.Name == "LevelDebug") {
				t.Errorf("%s uses %s", s.name, id.Name)
			}
			return true
		})
		for _, i := range s.imports {
			if i == "net/http/httputil" || i == "net/http/pprof" || i == "expvar" || i == "runtime/trace" {
				t.Errorf("%s imports %s", s.name, i)
			}
		}
		if found := s.uses("spew.Dump", "http.DumpRequest", "debug.PrintStack", "slog.Debug", "log.Printf", "log.Println"); len(found) > 0 {
			t.Errorf("%s uses %v", s.name, found)
		}
	}
}
