package main

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/internal/apptest"
	"gatehouse/internal/store"
)

// django is a password hash as Django keeps it.
func django(t *testing.T, password, salt string, iterations int) string {
	t.Helper()
	sum, err := pbkdf2.Key(sha256.New, password, []byte(salt), iterations, sha256.Size)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("pbkdf2_sha256$%d$%s$%s", iterations, salt, base64.StdEncoding.EncodeToString(sum))
}

// TestAdmin does the operator's work twice: beside a running server, which takes
// note at once, and without one.
func TestAdmin(t *testing.T) {
	for _, running := range []bool{true, false} {
		t.Run(map[bool]string{true: "while the server runs", false: "while it does not"}[running], func(t *testing.T) {
			t.Parallel()
			s := serving(t)
			s.join("grace.hopper", "grace@example.com")
			old := s.signIn("grace.hopper", apptest.Password)
			pat := old.Post("/api/auth/access_tokens", map[string]any{"name": "ci"}).Is(201).String("value")
			byPAT := s.client().With("Authorization", "Bearer "+pat)
			// do is a command with nobody, or somebody, at the store beside it.
			do := func(stdin string, args ...string) result {
				t.Helper()
				if !running {
					s.stop()
					defer s.start()
				}
				return s.admin(stdin, args...)
			}

			do(newPassword+"\n", "create-user", "--username", "root", "--email", "root@example.com", "--role", "admin", "--password-stdin").is(t, 0, "created root, id ")
			root := s.signIn("root", newPassword)
			root.Get("/api/users/self").Is(200).Has(`"is_superuser":true`).Has(`"groups":["admin"]`)
			do("x\n", "create-user", "--username", "another", "--email", "another@example.com", "--password-stdin").is(t, 1, "at least 8")
			do("", "create-user", "--username", "another", "--email", "another@example.com", "--password-stdin").is(t, 1, "standard input is empty")
			do("", "create-user", "--username", "ROOT", "--email", "new@example.com").is(t, 1, "taken")
			do("", "create-user", "--username", "another", "--email", "Root@EXAMPLE.com").is(t, 1, "taken")
			do("", "create-user", "--username", "another", "--email", "nonsense").is(t, 1, "email", "nonsense")
			do("", "create-user", "--username", "another", "--email", "another@example.com", "--role", "boss").is(t, 1, `"boss"`, "admin, user, worker")

			do("", "set-role", "--user", "GRACE@example.com", "--role", "worker").is(t, 0, "done")
			old.Get("/api/users/self").Is(200).Has(`"groups":["worker"]`).Has(`"is_staff":false`)
			do("", "set-role", "--user", "grace.hopper", "--role", "boss").is(t, 1, `"boss"`)
			do("", "set-role", "--user", "nobody", "--role", "user").is(t, 1, `there is no account "nobody"`)
			do("", "set-role", "--role", "user").is(t, 1, "--user is empty")

			do("", "end-sessions", "--user", "grace.hopper").is(t, 0, "done")
			old.Get("/api/users/self").Is(401)
			byPAT.Get("/api/users/self").Is(200)
			do("", "end-sessions", "--user", "grace.hopper", "--tokens").is(t, 0, "done")
			byPAT.Get("/api/users/self").Is(401)
			s.signIn("grace.hopper", apptest.Password)

			before := keyIDs(s)
			r := do("", "rotate-keys")
			r.is(t, 0, "made key ")
			id, _, _ := strings.Cut(strings.TrimPrefix(r.out, "made key "), ";")
			if running {
				s.stop() // it may go on with the keys that it knows for a while
				s.start()
			}
			if after := keyIDs(s); len(after) != len(before)+1 || !after[id] {
				t.Errorf("keys %v, then %v; made %s", before, after, id)
			}

			link := []string{"link-identity", "--user", "grace.hopper", "--issuer", "https://issuer.example.com", "--subject", "abc"}
			do("", link...).is(t, 0, "done")
			do("", link...).is(t, 1, "linked to an account already")
			do("", "link-identity", "--user", "grace.hopper", "--issuer", "https://issuer.example.com").is(t, 1, "subject")
			s.importing(do)
		})
	}
}

func keyIDs(s *machine) map[string]bool {
	s.Helper()
	var set struct{ Keys []struct{ Kid string } }
	decode(s, s.client().Get("/.well-known/jwks.json").Is(200).Body, &set)
	ids := map[string]bool{}
	for _, k := range set.Keys {
		ids[k.Kid] = true
	}
	return ids
}

// importing brings accounts along from Django; the first sign-in renews the hash.
func (s *machine) importing(do func(string, ...string) result) {
	t := s.TB.(*testing.T)
	t.Helper()
	file := filepath.Join(t.TempDir(), "users.jsonl")
	var lines []string
	line := func(v map[string]any) {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(b))
	}
	hash := django(t, "an old Django passphrase", "Zm9vYmFyYmF6", 260000)
	line(map[string]any{"username": "katherine", "email": "katherine@example.com", "first_name": "Katherine", "last_name": "Johnson",
		"groups": []string{"user"}, "is_active": true, "date_joined": "2021-05-01T10:00:00Z", "password": hash})
	line(map[string]any{"username": "dorothy", "email": "dorothy@example.com", "groups": []string{"worker"}, "is_active": false, "password": hash})
	line(map[string]any{"username": "unusable", "email": "mary@example.com", "groups": []string{"user"}, "password": "!unusable"})
	line(map[string]any{"username": "old.bcrypt", "email": "bcrypt@example.com", "groups": []string{"user"}, "password": "bcrypt$$2b$12$abcdefghijklmnopqrstuv"})
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	do("", "import-users", file).is(t, 1, "3 made, 0 there already, 1 refused", "object 4: password: this form of hash is not supported")
	do("", "import-users", file).is(t, 1, "0 made, 3 there already, 1 refused")

	s.client().Post("/api/auth/login", map[string]any{"username": "katherine", "password": "a wrong passphrase"}).Is(400)
	c := s.signIn("katherine", "an old Django passphrase")
	c.Get("/api/users/self").Is(200).Has(`"first_name":"Katherine"`).Has(`"date_joined":"2021-05-01T10:00:00`)
	s.client().Post("/api/auth/login", map[string]any{"username": "dorothy", "password": "an old Django passphrase"}).Is(400)
	s.stop()
	s.inside(0, func(in *installation, _ *store.Table) {
		var b strings.Builder
		if err := in.lite.Dump(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		// dorothy's is left, as she never signed in.
		if n := strings.Count(b.String(), hash); n != 1 {
			t.Errorf("the imported hash is there %d times, want 1", n)
		}
	})
	s.start()
	s.signIn("katherine", "an old Django passphrase")
}

func TestAdminNeedsStore(t *testing.T) {
	empty := t.TempDir()
	for _, args := range []string{"rotate-keys", "verify-audit", "set-role --user ada --role user", "create-user --username ada --email ada@example.com"} {
		tool(t, "", nil, append(strings.Fields("admin "+args), "--data", empty)...).is(t, 1, empty)
	}
	if left, _ := os.ReadDir(empty); len(left) != 0 {
		t.Errorf("a command that failed made %v", left)
	}
	one, two := tool(t, "", nil, "admin", "new-root-key", "--id", "k2"), tool(t, "", nil, "admin", "new-root-key", "--id", "k2")
	one.is(t, 0, "k2:")
	if one.out == two.out || len(one.out) != len("k2:")+44+1 {
		t.Errorf("%q, %q", one.out, two.out)
	}
}
