package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestExit: without the tests of a requirement the command fails, unless told otherwise,
// and writes the scorecard in any case.
func TestExit(t *testing.T) {
	dir := t.TempDir()
	stream, out := filepath.Join(dir, "run.json"), filepath.Join(dir, "card.md")
	text := `{"Action":"run","Package":"gatehouse/x","Test":"TestASVS6_2_1_A"}` + "\n" + `{"Action":"pass","Package":"gatehouse/x","Test":"TestASVS6_2_1_A"}` + "\n"
	write := func(s string) {
		t.Helper()
		if err := os.WriteFile(stream, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(text)
	if err := run(stream, out, false); err == nil || !strings.Contains(err.Error(), "no passing test") {
		t.Errorf("missing tests: %v", err)
	}
	if b, err := os.ReadFile(out); err != nil || !strings.Contains(string(b), "`x.TestASVS6_2_1_A` | pass |") {
		t.Errorf("%s, %v", b, err)
	}
	if err := run(stream, out, true); err != nil {
		t.Errorf("allowed: %v", err)
	}
	write(text + `{"Action":"build-fail","ImportPath":"gatehouse/y"}`)
	if err := run(stream, out, true); err == nil || !strings.Contains(err.Error(), "gatehouse/y") {
		t.Errorf("not built: %v", err)
	}
	for _, bad := range []string{"", "no JSON", strings.ReplaceAll(text, "ASVS6_2_1", "ASVS66_2_1")} {
		write(bad)
		if err := run(stream, out, true); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}
