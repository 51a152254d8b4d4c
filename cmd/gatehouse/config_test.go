package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/internal/apptest"
)

func TestConfigShows(t *testing.T) {
	r := tool(t, "", []string{"GATEHOUSE_SITE_NAME=Example Labs", "CVAT_BASE_URL=https://cvat.example.com", "GATEHOUSE_DATA=/from/environment"},
		"config", "--data", "/from/flag", "--production=false")
	r.is(t, 0)
	rows := map[string]string{}
	for line := range strings.Lines(r.out) {
		name, rest, _ := strings.Cut(line, " ")
		rows[name] = strings.Join(strings.Fields(rest), " ")
	}
	for name, want := range map[string]string{
		"GATEHOUSE_SITE_NAME":        "Example Labs environment GATEHOUSE_SITE_NAME",
		"GATEHOUSE_BASE_URL":         "https://cvat.example.com environment CVAT_BASE_URL",
		"GATEHOUSE_DATA":             "/from/flag flag",
		"GATEHOUSE_PRODUCTION":       "false flag",
		"GATEHOUSE_HASH_TIME":        "2 default",
		"GATEHOUSE_MAIL":             "mailbox default",
		"GATEHOUSE_TRUST_PROXY_HOPS": "0 default",
	} {
		if !strings.HasPrefix(rows[name], want) {
			t.Errorf("%s: %q, want %q…", name, rows[name], want)
		}
	}
	if len(rows) != 31 { // 30 settings and the heading
		t.Errorf("%d lines:\n%s", len(rows), r.out)
	}
	// A wrong setting is shown and named.
	tool(t, "", []string{"GATEHOUSE_HASH_SLOTS=many"}, "config").is(t, 1, "GATEHOUSE_HASH_SLOTS  ", `GATEHOUSE_HASH_SLOTS is "many" (environment GATEHOUSE_HASH_SLOTS): expected a number from 1 to 64`)
}

// TestWrongSettings: what is wrong stops the start, and is said with the name of
// the setting, what it holds and what would be right.
func TestWrongSettings(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	wrong := func(name, value, want string) (string, []string) {
		return name + "=" + value, []string{fmt.Sprintf("%s is %q (environment %s): ", name, value, name), want}
	}
	type row struct {
		env  []string
		args []string
		want []string
	}
	var rows []row
	for _, x := range [][3]string{
		{"GATEHOUSE_LISTEN", "8080", "expected host:port"},
		{"GATEHOUSE_BILLING", "paypal", "expected off, simulated"},
		{"GATEHOUSE_PLANS", `{"default":"gold","plans":[]}`, `expected plans, or @ and the name of a file with them: default: expected the id of a plan, have "gold"`},
		{"GATEHOUSE_PLANS", "@" + missing, "the file cannot be read"},
		{"GATEHOUSE_BASE_URL", "https://example.com/path", "expected scheme and host"},
		{"GATEHOUSE_BASE_URL", "ftp://example.com", "expected scheme and host"},
		{"GATEHOUSE_BASE_URL", "https://a:b@example.com", "expected scheme and host"},
		{"GATEHOUSE_PRODUCTION", "maybe", "expected on or off"},
		{"GATEHOUSE_STORE", "postgres", "expected sqlite or dynamodb:<table>"},
		{"GATEHOUSE_STORE", "dynamodb:", "expected sqlite or dynamodb:<table>"},
		{"GATEHOUSE_ROOT_KEY", "env:ROOT", "expected file:<path> or secretsmanager:<arn>"},
		{"GATEHOUSE_ROOT_KEY", "file:", "expected file:<path> or secretsmanager:<arn>"},
		{"GATEHOUSE_EMAIL_VERIFICATION", "sometimes", "expected none, optional, mandatory"},
		{"GATEHOUSE_BASIC_AUTH", "perhaps", "expected on or off"},
		{"GATEHOUSE_RATE_LIMITS", "10", "expected on or off"},
		{"GATEHOUSE_MAIL", "smtp", "expected mailbox, ses"},
		{"GATEHOUSE_MAIL_FROM", "a@example.com, b@example.com", "expected one mail address"},
		{"GATEHOUSE_SITE_NAME", strings.Repeat("x", 61), "expected one line of 1 to 60 characters"},
		{"GATEHOUSE_AGREEMENTS", "{", "expected a JSON list"},
		{"GATEHOUSE_AGREEMENTS", `[{"title":"Terms"}]`, "expected a JSON list"},
		{"GATEHOUSE_AGREEMENTS", `[] and more`, "expected a JSON list"},
		{"GATEHOUSE_AGREEMENTS", "@" + missing, "cannot be read"},
		{"GATEHOUSE_TOKEN_ISSUERS", "https://issuer.example.com", "expected a JSON list"},
		{"GATEHOUSE_TRUSTED_ORIGINS", "https://app.example.com/", "expected origins"},
		{"GATEHOUSE_PASSWORD_MIN_LENGTH", "4", "expected a number from 8 to 64"},
		{"GATEHOUSE_HASH_MEMORY_KIB", "1024", "expected a number from 12288 to 262144"},
		{"GATEHOUSE_HASH_TIME", "0", "expected a number from 1 to 10"},
		{"GATEHOUSE_HASH_SLOTS", "2.5", "expected a number from 1 to 64"},
		{"GATEHOUSE_TRUST_PROXY_HOPS", "-1", "expected a number from 0 to 5"},
		{"GATEHOUSE_INVITATION_CONFIRM", "ask", "expected on or off"},
		{"GATEHOUSE_INVITATION_EXPIRY_DAYS", "0", "expected a number from 1 to 365"},
		{"GATEHOUSE_ORGANIZATIONS_MIN_ROLE_TO_CREATE", "owner", "expected worker, user, admin"},
		{"GATEHOUSE_OWNERSHIP_TRANSFER", "never", "expected on or off"},
	} {
		env, want := wrong(x[0], x[1], x[2])
		rows = append(rows, row{env: []string{env}, want: want})
	}
	rows = append(rows,
		row{args: []string{"--store", "mysql"}, want: []string{`GATEHOUSE_STORE is "mysql" (flag): expected sqlite or dynamodb:<table>`}},
		row{env: []string{"CVAT_BASE_URL=https://example.com/x"}, want: []string{`GATEHOUSE_BASE_URL is "https://example.com/x" (environment CVAT_BASE_URL): expected scheme and host`}},
		// All that is wrong is said at once.
		row{env: []string{"GATEHOUSE_MAIL=smtp", "GATEHOUSE_HASH_TIME=99"}, want: []string{`GATEHOUSE_MAIL is "smtp"`, `GATEHOUSE_HASH_TIME is "99"`}},
		// Settings that do not go together.
		row{args: []string{"--production"}, env: []string{"GATEHOUSE_RATE_LIMITS=off", "GATEHOUSE_BASE_URL=http://example.com"},
			want: []string{"GATEHOUSE_RATE_LIMITS is off", "GATEHOUSE_MAIL is mailbox", `GATEHOUSE_BASE_URL is "http://example.com"`, "expected https://"}},
		row{env: []string{"GATEHOUSE_HASH_MEMORY_KIB=12288", "GATEHOUSE_HASH_TIME=1"}, want: []string{"GATEHOUSE_HASH_MEMORY_KIB is 12288 and GATEHOUSE_HASH_TIME is 1: "}},
		row{env: []string{"GATEHOUSE_AGREEMENTS=[{}]"}, want: []string{"GATEHOUSE_AGREEMENTS[0]: expected a name and a text"}},
		row{env: []string{`GATEHOUSE_TOKEN_ISSUERS=[{"url":"http://issuer.example.com","kind":"oidc","audiences":["a"]}]`}, want: []string{"GATEHOUSE_TOKEN_ISSUERS[0]: "}},
		// Settings that do not go with the world.
		row{args: []string{"--data", file}, want: []string{"GATEHOUSE_DATA is", file}},
		row{env: []string{"GATEHOUSE_ROOT_KEY=file:" + missing}, want: []string{"GATEHOUSE_ROOT_KEY", missing, "no such file"}},
		row{env: []string{"GATEHOUSE_ROOT_KEY=secretsmanager:x"}, want: []string{`GATEHOUSE_ROOT_KEY is "secretsmanager:x"`, "expected file:<path>"}},
		row{env: []string{"POLICY_DIR=" + missing}, want: []string{"POLICY_DIR is", missing, "no such file"}},
		row{env: []string{"POLICY_DIR=" + badRules(t)}, want: []string{"POLICY_DIR is", "organizations.rego:8: ", "input.secret"}},
		row{env: []string{"GATEHOUSE_POLICY_TABLE=" + file}, want: []string{"GATEHOUSE_POLICY_TABLE is", file, "expected a file that gatehouse policy compile made"}},
		row{env: []string{"POLICY_DIR=a", "GATEHOUSE_POLICY_TABLE=b"}, want: []string{"POLICY_DIR is", "expected one of them"}},
		row{env: []string{"GATEHOUSE_LISTEN=192.0.2.1:80"}, want: []string{`GATEHOUSE_LISTEN is "192.0.2.1:80": `}},
	)
	for _, r := range rows {
		t.Run(strings.Join(append(r.env, r.args...), " ")[:min(60, len(strings.Join(append(r.env, r.args...), " ")))], func(t *testing.T) {
			t.Parallel()
			env := append([]string{fmt.Sprintf("GATEHOUSE_LISTEN=127.0.0.1:%d", port(t)), "GATEHOUSE_DATA=" + filepath.Join(t.TempDir(), "data")}, r.env...)
			got := tool(t, "", env, append([]string{"serve"}, r.args...)...)
			got.is(t, 1, r.want...)
			if strings.Contains(got.out, "Gatehouse is at") {
				t.Errorf("says that it serves: %s", got.out)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	for _, args := range []string{"", "help", "--help", "-h"} {
		tool(t, "", nil, strings.Fields(args)...).is(t, 0, "Usage: gatehouse <command>", "serve", "config", "admin", "version")
	}
	for _, args := range []string{"admin", "admin --help", "admin -h", "admin help"} {
		tool(t, "", nil, strings.Fields(args)...).is(t, 0, "Usage: gatehouse admin <command>", "create-user", "import-users", "set-role", "end-sessions", "link-identity", "rotate-keys", "new-root-key")
	}
	for command, flags := range map[string][]string{
		"serve": {"-listen", "-data", "-store", "-production"}, "config": {"-listen"},
		"admin create-user": {"-username", "-email", "-role", "-password-stdin", "-data"}, "admin import-users": {"-data"},
		"admin set-role": {"-user", "-role"}, "admin end-sessions": {"-user", "-tokens"},
		"admin link-identity": {"-user", "-issuer", "-subject"}, "admin rotate-keys": {"-data"}, "admin new-root-key": {"-id"},
	} {
		for _, help := range []string{"--help", "-h"} {
			tool(t, "", nil, append(strings.Fields(command), help)...).is(t, 0, append(flags, "gatehouse "+command)...)
		}
	}
	tool(t, "", nil, "version", "--help").is(t, 0)
	tool(t, "", nil, "version").is(t, 0, "+gatehouse.")
	for args, want := range map[string]string{
		"start": `there is no command "start"`, "admin delete-user": `there is no command "delete-user"`,
		"serve --port 1": "-port", "serve now": "1 arguments given, 0 expected", "config x": "0 expected",
		"admin import-users": "0 arguments given, 1 expected", "admin set-role --rôle x": "-rôle",
	} {
		r := tool(t, "", nil, strings.Fields(args)...)
		r.is(t, 2, want)
		if r.out != "" {
			t.Errorf("%s: the complaint goes to standard output: %s", args, r.out)
		}
	}
}

// rulesWith are the built-in rules with a change of organizations.rego.
func rulesWith(t *testing.T, change func(string) string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../internal/policy/rules")); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "organizations.rego")
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	changed := change(string(b))
	if changed == string(b) {
		t.Fatal("the rule is not where it was")
	}
	if err := os.WriteFile(name, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// badRules are rules that look at what rules cannot know.
func badRules(t *testing.T) string {
	return rulesWith(t, func(rules string) string {
		lines := strings.Split(rules, "\n")
		lines[7] = "allow if input.secret == 1"
		return strings.Join(lines, "\n")
	})
}

// TestOwnRules serves an installation by rules of its own.
func TestOwnRules(t *testing.T) {
	dir := rulesWith(t, func(rules string) string {
		return strings.Replace(rules, `input.scope == "create"`, "input.scope == \"create\"\n\taccess.admin", 1)
	})
	s := serving(t, "POLICY_DIR="+dir, "GATEHOUSE_EMAIL_VERIFICATION=none")
	c := s.client()
	c.Post("/api/auth/register", apptest.Form("ada.byron", "ada@example.com")).Is(201)
	c.Post("/api/organizations", map[string]any{"slug": "acme"}).Is(403).Has(`"would_allow":[{"group":"admin"}]`)
}
