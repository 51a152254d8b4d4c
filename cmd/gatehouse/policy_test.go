package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/policy"
)

const policyRules = "../../internal/policy/rules"

// question is a line of policy eval: somebody's own account or another's.
func question(scope string, user, target int, more string) string {
	return fmt.Sprintf(`{"package": "users", "input": {"scope": %q, "auth": {"user": {"id": %d, "privilege": "user"}, "organization": null,`+
		`"organization_specified": false%s}, "resource": {"id": %d, "membership": {"role": null}}, "settings": {}}}`, scope, user, more, target)
}

func TestPolicyEval(t *testing.T) {
	lines := strings.Join([]string{
		question("view", 1, 1, ""),
		question("view", 1, 2, ""),
		"",
		question("delete", 1, 1, ""),
		question("delete", 1, 1, `, "token": {"id": 3, "read_only": false}`),
		question("view", 1, 1, `, "token": {"id": 3, "read_only": true}`),
		question("view:all", 1, 1, ""),
		strings.Replace(question("view", 1, 1, ""), "users", "nothing", 1),
	}, "\n")
	const answers = "true\nfalse\ntrue\nfalse\ntrue\nfalse\nfalse\n"
	for _, end := range []string{"", "\n"} {
		r := tool(t, lines+end, nil, "policy", "eval")
		if r.is(t, 0); r.out != answers {
			t.Errorf("answers:\n%s", r.out)
		}
	}
	// The answers before a bad line are given.
	for bad, why := range map[string]string{
		`{"package": "users"}`:                 "package and input must be there",
		`true`:                                 "cannot unmarshal bool",
		`{"package": "users", "input": {`:      "unexpected end of JSON input",
		`{"package": "users", "input": {}}`:    "auth.user.id must be there",
		question("view", 1, 1, `, "token": 3`): "cannot unmarshal number",
	} {
		r := tool(t, lines+"\n"+bad+"\n"+lines, nil, "policy", "eval")
		r.is(t, 1, "gatehouse policy: line 9: ", why)
		if r.out != answers {
			t.Errorf("answers before %s:\n%s", bad, r.out)
		}
	}
	tool(t, strings.Repeat(" ", longest+1), nil, "policy", "eval").is(t, 1, "line 1 is longer than 1048576 bytes")
}

// TestPolicyEvalAnswersAtOnce: who asks one question at a time is not kept waiting.
func TestPolicyEvalAnswersAtOnce(t *testing.T) {
	in, ask := io.Pipe()
	answers, out := io.Pipe()
	done := make(chan int)
	go func() { done <- run(t.Context(), streams{in, out, io.Discard}, []string{"policy", "eval"}) }()
	for range 3 {
		if _, err := io.WriteString(ask, question("view", 1, 1, "")+"\n"); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len("true\n"))
		if _, err := io.ReadFull(answers, got); err != nil || string(got) != "true\n" {
			t.Fatalf("%q, %v", got, err)
		}
	}
	ask.Close()
	if code := <-done; code != 0 {
		t.Errorf("code %d", code)
	}
}

func TestPolicyEvalSpeed(t *testing.T) {
	const n = 20_000
	start := time.Now()
	r := tool(t, strings.Repeat(question("view", 1, 1, "")+"\n", n), nil, "policy", "eval")
	r.is(t, 0)
	took := time.Since(start)
	t.Logf("%.0f lines a second", n/took.Seconds())
	if got := strings.Count(r.out, "true\n"); got != n {
		t.Errorf("%d answers", got)
	}
	if took > 10*time.Second {
		t.Errorf("%d lines took %v", n, took)
	}
}

// ownRules are the program's, with a server that nobody may view.
func ownRules(t *testing.T) string {
	dir := filepath.Join(t.TempDir(), "own")
	if err := os.CopyFS(dir, os.DirFS(policyRules)); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "server.rego"), `package server

scopes := {"view", "list:content"}

# METADATA
# title: administrators see everything
allow if input.auth.user.privilege == "admin"
`)
	return dir
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestPolicyOwnRules(t *testing.T) {
	dir := ownRules(t)
	line := strings.Replace(question("view", 1, 1, ""), "users", "server", 1)
	ask := func(want string, env []string, args ...string) {
		t.Helper()
		if r := tool(t, line, env, append([]string{"policy", "eval"}, args...)...); r.code != 0 || r.out != want+"\n" {
			t.Errorf("%v %v: %+v, want %s", env, args, r, want)
		}
	}
	ask("true", nil)
	ask("false", []string{"POLICY_DIR=" + dir})
	ask("false", nil, "--dir", dir)
	ask("true", []string{"POLICY_DIR=/nowhere"}, "--dir", "")
	tool(t, "", []string{"POLICY_DIR=/nowhere"}, "policy", "eval").is(t, 1, "open /nowhere: no such file or directory")
	tool(t, "", nil, "policy", "matrix", "--dir", dir, "--package", "server").is(t, 0, "== server", "...a", "list:content, view")
}

func TestPolicyCompile(t *testing.T) {
	dir, file := ownRules(t), filepath.Join(t.TempDir(), "table")
	tool(t, "", nil, "policy", "compile", dir, "-o", file).is(t, 0, "compiled "+dir+" in ", " bytes")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	table, err := policy.Load(b)
	if err != nil || table.Decide("server", &policy.Input{Scope: "view", User: 1}).Allowed {
		t.Errorf("not the table of the rules: %v", err)
	}
	write(t, filepath.Join(dir, "server.rego"), "package server\n\nscopes := {\"view\"}\n\n# METADATA\n# title: one\nallow if input.auth.user.id == 1\n")
	r := tool(t, "", nil, "policy", "compile", dir)
	r.is(t, 1, "gatehouse policy: "+filepath.Join(dir, "server.rego")+":7: input.auth.user.id is an id: it may only be compared")
}

func TestPolicyTest(t *testing.T) {
	r := tool(t, "", nil, "policy", "test", policyRulesAbs(t))
	r.is(t, 0, "pass  memberships_test.rego:", " passed\n")
	if strings.Contains(r.out, "FAIL") {
		t.Error(r.out)
	}
	dir := ownRules(t)
	r = tool(t, "", nil, "policy", "test", dir)
	r.is(t, 1, "FAIL  server_test.rego:6  test_view_and_share\n", "gatehouse policy: 1 tests failed")
	none := t.TempDir()
	tool(t, "", nil, "policy", "test", none).is(t, 1, none+" has no tests")
	write(t, filepath.Join(none, "broken_test.rego"), "package broken\n\ntest_x if {\n")
	tool(t, "", nil, "policy", "test", none).is(t, 1, filepath.Join(none, "broken_test.rego")+":")
}

func policyRulesAbs(t *testing.T) string {
	dir, err := filepath.Abs(policyRules)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestPolicyUsage(t *testing.T) {
	for _, args := range [][]string{{}, {"--help"}, {"help"}} {
		tool(t, "", nil, append([]string{"policy"}, args...)...).is(t, 0, "Usage: gatehouse policy <command>", "eval ", "compile ", "test ", "matrix ")
	}
	for _, name := range []string{"eval", "compile", "test", "matrix"} {
		tool(t, "", nil, "policy", name, "--help").is(t, 0, "Usage: gatehouse policy "+name)
	}
	tool(t, "", nil, "policy", "forget").is(t, 2, `gatehouse policy: there is no command "forget"`)
	tool(t, "", nil, "policy", "compile").is(t, 2, "0 arguments given, 1 expected")
	tool(t, "", nil, "policy", "test", "a", "b").is(t, 2, "2 arguments given, 1 expected")
	tool(t, "", nil, "policy", "matrix", "--package", "nothing").is(t, 1, `there is no package "nothing"`)
	tool(t, "", nil, "policy", "matrix").is(t, 0, "== organizations", "== server", "with a personal access token")
}
