package app_test

import (
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"

	"gatehouse/internal/apptest"
)

// TestDependencies holds the dependency rule of internal/doc.go.
func TestDependencies(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "gatehouse/internal/...", "gatehouse/functions/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	domains := []string{"gatehouse/internal/account", "gatehouse/internal/org", "gatehouse/internal/invite", "gatehouse/internal/workspace", "gatehouse/internal/permissions"}
	low := []string{"fault", "store", "token", "secret", "session", "profile", "tenant", "policy", "limit", "audit", "mail", "ident", "password", "list", "jwt", "outbound", "keyring", "plan"}
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		pkg, imports := strings.TrimPrefix(f[0], "gatehouse/internal/"), f[1:]
		for _, i := range imports {
			sdk := strings.HasPrefix(i, "github.com/aws/") || i == "database/sql" || strings.HasPrefix(i, "modernc.org/")
			switch {
			case slices.Contains(low, pkg) && (slices.Contains(domains, i) || i == "gatehouse/internal/api"):
				t.Errorf("%s imports %s", pkg, i)
			case slices.Contains(domains, f[0]) && sdk:
				t.Errorf("%s imports %s: domains know neither AWS nor a driver", pkg, i)
			case i == "gatehouse/internal/awsrun" && !strings.HasPrefix(f[0], "gatehouse/functions/"):
				t.Errorf("%s imports %s: only functions do", pkg, i)
			case i == "gatehouse/internal/app" && !slices.Contains([]string{"awsrun", "apptest"}, pkg) && !strings.HasPrefix(f[0], "gatehouse/functions/"):
				t.Errorf("%s imports %s", pkg, i)
			}
		}
	}
	deps, err := exec.Command("go", "list", "-deps", "gatehouse/functions/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, banned := range []string{"modernc.org/sqlite", "gatehouse/internal/gateway", "github.com/aws/aws-sdk-go-v2/config", "github.com/open-policy-agent/opa/v1/rego", "gatehouse/internal/policy/compile"} {
		if slices.Contains(strings.Fields(string(deps)), banned) {
			t.Errorf("a function links %s", banned)
		}
	}
}

// TestKeys writes down the pattern of every key that a story through the whole
// product leaves behind, with the kind of its item, and fails if one pattern
// holds two kinds.
func TestKeys(t *testing.T) {
	w := apptest.New(t)
	story(w)
	kinds := map[string]map[string]bool{}
	for line := range strings.Lines(w.Dump()) {
		m := dumped.FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("a line of the dump is not understood: %s", line)
		}
		p := pattern(m[1]) + "  " + pattern(m[2])
		if kinds[p] == nil {
			kinds[p] = map[string]bool{}
		}
		kinds[p][m[3]] = true
	}
	var lines []string
	for p, k := range kinds {
		var names []string
		for n := range k {
			names = append(names, n)
		}
		if len(names) > 1 {
			t.Errorf("%s holds %v", p, names)
		}
		lines = append(lines, fmt.Sprintf("%-40s %s", p, names[0]))
	}
	sort.Strings(lines)
	holdGolden(t, "testdata/keys.txt", "# Keys by pattern, with the kind of item. Written by: go test ./internal/app -run TestKeys -update\n"+strings.Join(lines, "\n")+"\n")
}

// story leaves a row of every kind.
func story(w *apptest.World) {
	w.Join("storied", "storied@example.org")
	c := w.SignIn("storied")
	w.SignIn("storied@example.org")
	tok := w.Client().Post("/api/auth/token", login("storied")).Is(200)
	w.Client().Post("/api/auth/token/refresh", map[string]any{"refresh_token": tok.String("refresh_token")}).Is(200)
	c.With("Idempotency-Key", "one").Post("/api/auth/access_tokens", map[string]any{"name": "ci"}).Is(201)
	c.Post("/api/auth/email", map[string]any{"email": "moved@example.org"}).Is(200)
	w.Client().Post("/api/auth/password/reset", map[string]any{"email": "storied@example.org"}).Is(200)
	change := w.Mail("moved@example.org", "email-confirm")
	w.Client().Post("/api/auth/email/confirm", map[string]any{"key": apptest.Key(w, change.Links[0])}).Is(200)
	w.Client().Post("/api/auth/login", map[string]any{"username": "nobody", "password": "wrong"}).Is(400)
	w.Client().Post("/api/auth/register", apptest.Form("waiting", "waiting@example.org")).Is(201)
	w.Client().Post("/api/auth/password/reset", map[string]any{"email": "moved@example.org"}).Is(200)
	w.Drain()
	w.Client().Post("/api/auth/password/reset", map[string]any{"email": "late@example.org"}).Is(200)
	team := w.Found(w.SignIn("storied"), "storied")
	team.Join("joined", "maintainer")
	team.Invite("guest@example.org", "worker")
	team.Owner.Post(team.Path("/ownership"), object{"user_id": 1}).Is(403)
	doomed := w.Found(team.Owner, "doomed")
	doomed.Owner.Delete(doomed.Path("")).Is(204)
	w.Drain()
	w.SignIn("joined").Post("/api/users/self/deletion", nil).Is(200)
}

var (
	dumped  = regexp.MustCompile(`^"([^"]*)" "([^"]*)" ([a-z-]+)/`)
	numbers = regexp.MustCompile(`[0-9]{6,}`)
	hexes   = regexp.MustCompile(`[0-9a-f]{32,}`)
	shards  = regexp.MustCompile(`^OUT#\d$`)
	prefix  = regexp.MustCompile(`^PAT#\w{8}$`)
	invited = regexp.MustCompile(`\b[0-9a-zA-Z]{64}\b`)
	random  = regexp.MustCompile(`\b[0-9a-z]{26}\b`)
)

// pattern replaces what differs from one item to the next.
func pattern(key string) string {
	key = shards.ReplaceAllString(key, "OUT#<shard>")
	key = prefix.ReplaceAllString(key, "PAT#<prefix>")
	key = hexes.ReplaceAllString(key, "<hash>")
	key = invited.ReplaceAllString(key, "<key>")
	key = random.ReplaceAllString(key, "<id>")
	return numbers.ReplaceAllString(key, "<n>")
}
