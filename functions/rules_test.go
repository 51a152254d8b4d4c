package functions_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/internal/apptest"
	"gatehouse/internal/policy/compile"
)

// TestForeignRules gives functions a table that was compiled of other rules: in
// these only administrators make organizations. A file that is no table takes what
// needs rules out of service, and nothing else.
func TestForeignRules(t *testing.T) {
	c := newCloud(t)
	ada := c.ada()
	ada.Post("/api/organizations", map[string]any{"slug": "ours"}).Is(201)

	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../internal/policy/rules")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "organizations.rego")
	rules, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(rules), `input.scope == "create"`, "input.scope == \"create\"\n\taccess.admin", 1)
	if changed == string(rules) {
		t.Fatal("the rule is not where it was")
	}
	if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	table, err := compile.Dir(t.Context(), os.DirFS(dir), nil)
	if err != nil {
		t.Fatal(err)
	}
	at := filepath.Join(t.TempDir(), "table.bin")
	if err := os.WriteFile(at, table, 0o600); err != nil {
		t.Fatal(err)
	}
	c.restart(t, "organizations", map[string]string{"GATEHOUSE_POLICY_TABLE": at})
	ada.Post("/api/organizations", map[string]any{"slug": "theirs"}).Is(403).Has(`"would_allow":[{"group":"admin"}]`)
	ada.Get("/api/organizations").Is(200).Has("ours")

	if err := os.WriteFile(at, table[:len(table)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	c.restart(t, "organizations", map[string]string{"GATEHOUSE_POLICY_TABLE": at})
	c.restart(t, "login", map[string]string{"GATEHOUSE_POLICY_TABLE": at})
	ada.Get("/api/organizations").Is(503)
	if log := c.runtimes["organizations"].Output(); !strings.Contains(log, "GATEHOUSE_POLICY_TABLE") || !strings.Contains(log, at) {
		t.Errorf("the log does not say which file: %s", log)
	}
	ada.Post("/api/auth/login", map[string]any{"username": "ada.byron", "password": apptest.Password}).Is(200)
}
