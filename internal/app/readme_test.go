package app_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"gatehouse/internal/config"
)

// TestReadmeSettings holds the table of settings in the README to the program's.
func TestReadmeSettings(t *testing.T) {
	c, err := config.Read(func(string) (string, bool) { return "", false }, nil)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("| setting | default | what |\n| --- | --- | --- |\n")
	for _, v := range c.Values() {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", v.Name, strings.ReplaceAll(v.Value, "|", `\|`), strings.ReplaceAll(v.Help, "|", `\|`))
	}
	const begin, end = "<!-- settings -->\n", "<!-- /settings -->"
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(readme), begin)
	table, after, ok := strings.Cut(rest, end)
	if !ok {
		t.Fatal("README.md has no table of settings")
	}
	if *update {
		if err := os.WriteFile("../../README.md", []byte(before+begin+b.String()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if table != b.String() {
		t.Error("the table of settings in README.md is not current: go test ./internal/app -run TestReadmeSettings -update")
	}
}
