package app_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// productFile is a file of the product: no test, and no package that only tests import.
type productFile struct {
	path string // from the root of the module
	*ast.File
	fset *token.FileSet
}

func (s productFile) at(n ast.Node) string {
	return fmt.Sprintf("%s:%d", s.path, s.fset.Position(n.Pos()).Line)
}

// helpers are folders that no binary of the product links.
var helpers = []string{"internal/apptest/", "internal/lambdatest/", "internal/store/storetest/", "internal/mail/ses/sestest/", "internal/jwt/jwttest/", "internal/password/gen/", "internal/scorecard/"}

// productFiles are all files of the product.
func productFiles(t *testing.T) []productFile {
	t.Helper()
	const root = "../.."
	var out []productFile
	fset := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil || slices.ContainsFunc(helpers, func(h string) bool { return strings.HasPrefix(name, h) }) {
			return err
		}
		f, err := parser.ParseFile(fset, path, nil, 0)
		out = append(out, productFile{name, f, fset})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 150 {
		t.Fatalf("%d sources", len(out))
	}
	return out
}

// eachImport calls f for each import of the product.
func eachImport(t *testing.T, f func(s productFile, path string, at ast.Node)) {
	t.Helper()
	for _, s := range productFiles(t) {
		for _, i := range s.Imports {
			path, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			f(s, path, i)
		}
	}
}

// TestASVS7_2_3_ASVS11_5_1_SecretsAreOfTheSystem: the predictable generator spaces out
// repetitions, and what the load program sends, and nothing else, and no random id is a UUID.
func TestASVS7_2_3_ASVS11_5_1_SecretsAreOfTheSystem(t *testing.T) {
	may := []string{"internal/store/table.go", "internal/store/dynamo/dynamo.go", "internal/overload/schedule.go"}
	eachImport(t, func(s productFile, path string, at ast.Node) {
		if strings.HasPrefix(path, "math/rand") && !slices.Contains(may, s.path) || strings.Contains(path, "uuid") {
			t.Errorf("%s imports %s", s.at(at), path)
		}
	})
}

// TestASVS11_2_3_NoWeakAlgorithms: neither broken hashes nor ciphers are linked by us, and
// no RSA key is made.
func TestASVS11_2_3_NoWeakAlgorithms(t *testing.T) {
	weak := []string{"crypto/md5", "crypto/sha1", "crypto/des", "crypto/rc4", "crypto/dsa", "golang.org/x/crypto/md4", "golang.org/x/crypto/bcrypt", "golang.org/x/crypto/blowfish"}
	eachImport(t, func(s productFile, path string, at ast.Node) {
		if slices.Contains(weak, path) {
			t.Errorf("%s imports %s", s.at(at), path)
		}
	})
	for _, s := range productFiles(t) {
		ast.Inspect(s.File, func(n ast.Node) bool {
			if c, ok := n.(*ast.SelectorExpr); ok && slices.Contains([]string{"rsa.GenerateKey", "elliptic.P224", "cipher.NewCBCEncrypter", "cipher.NewOFB", "cipher.NewCFBEncrypter"}, selector(c)) {
				t.Errorf("%s uses %s", s.at(c), selector(c))
			}
			return true
		})
	}
}

func selector(e *ast.SelectorExpr) string {
	if x, ok := e.X.(*ast.Ident); ok {
		return x.Name + "." + e.Sel.Name
	}
	return e.Sel.Name
}

// secretive are names that values bear which prove something.
var secretive = regexp.MustCompile(`(?i)^(secret|mac|sum|csrf|seed|presented|password|pw|cookie|signature|sig|pat|refresh)$|(Secret|Hash|MAC|CSRF)$`)

// harmless are comparisons of what proves nothing: the fingerprint of a request, two
// forms of what one person has typed, and the name under which a secret is kept elsewhere.
var harmless = map[string]string{"internal/api/idempotency.go": "Hash hash", "internal/password/hasher.go": "nfc pw", "internal/workspace/cloud.go": "Value Secret"}

// TestASVS11_2_4_SecretsAreComparedInConstantTime: nothing whose name says that it proves
// something is compared with == unless with a constant, or by bytes.Equal.
func TestASVS11_2_4_SecretsAreComparedInConstantTime(t *testing.T) {
	name := func(e ast.Expr) string {
		switch e := e.(type) {
		case *ast.Ident:
			return e.Name
		case *ast.SelectorExpr:
			return e.Sel.Name
		}
		return ""
	}
	constant := func(e ast.Expr) bool {
		_, literal := e.(*ast.BasicLit)
		return literal || name(e) == "nil"
	}
	compared := 0
	for _, s := range productFiles(t) {
		if strings.HasPrefix(s.path, "cmd/") || strings.HasPrefix(s.path, "internal/audit/") || strings.HasPrefix(s.path, "internal/policy/") {
			continue // digests that prove nothing to us are no secrets
		}
		ast.Inspect(s.File, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BinaryExpr:
				if n.Op != token.EQL && n.Op != token.NEQ {
					return true
				}
				compared++
				if harmless[s.path] == name(n.X)+" "+name(n.Y) {
					return true
				}
				if !constant(n.X) && !constant(n.Y) && (secretive.MatchString(name(n.X)) || secretive.MatchString(name(n.Y))) {
					t.Errorf("%s compares %s with %s", s.at(n), name(n.X), name(n.Y))
				}
			case *ast.SelectorExpr:
				if selector(n) == "bytes.Equal" || selector(n) == "bytes.Compare" || selector(n) == "reflect.DeepEqual" {
					t.Errorf("%s uses %s", s.at(n), selector(n))
				}
			}
			return true
		})
	}
	if compared < 200 {
		t.Errorf("%d comparisons seen", compared)
	}
}

// TestASVS12_1_1_ASVS12_3_2_TLSIsLeftAsItIs: nothing lowers the version of TLS or skips its
// checks; the defaults of Go are version 1.2 and full verification.
func TestASVS12_1_1_ASVS12_3_2_TLSIsLeftAsItIs(t *testing.T) {
	for _, s := range productFiles(t) {
		ast.Inspect(s.File, func(n ast.Node) bool {
			if i, ok := n.(*ast.Ident); ok && slices.Contains([]string{"InsecureSkipVerify", "MinVersion", "MaxVersion", "CipherSuites", "VersionTLS10", "VersionTLS11", "VersionSSL30", "VerifyPeerCertificate", "RootCAs"}, i.Name) {
				t.Errorf("%s uses %s", s.at(i), i.Name)
			}
			return true
		})
	}
	b, err := os.ReadFile("../../go.mod")
	if err != nil || strings.Contains(string(b), "godebug") {
		t.Errorf("go.mod changes the defaults of Go: %v", err)
	}
}
