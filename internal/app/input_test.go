package app_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/apptest"
)

// change is a route that may change something, with a body that is in order.
type change struct {
	route    string
	target   string // path, with parameters filled in
	baseline bool   // ignores unknown members
	body     string // "" if it takes none
	required string // members
	nullable string
	loose    string // members whose errors are not told by name, or that may be empty
	free     string // members of any form; what is in them has tests of its own
	flag     string // members that are true or false
	lists    string // members that are lists of texts
	in       bool   // names the organization
}

// changes are all such routes of the API, for the account of h.
func changes(h *holder) []change {
	user, org := fmt.Sprint("/api/users/", h.uid), "/api/organizations/"+h.org
	project, task, job, cloud := "/api/projects/"+h.project, "/api/tasks/"+h.task, "/api/jobs/"+h.job, "/api/cloudstorages/"+h.cloud
	me, move := fmt.Sprintf(`"owner_id":%d,"assignee_id":%d`, h.uid, h.uid), `{"organization_id":null,"storages":"detach","dry_run":false}`
	places := `"source_storage":{"location":"local"},"target_storage":{"location":"local"}`
	bucket := `"resource":"other","display_name":"Other","credentials_type":"ANONYMOUS_ACCESS","secret_ref":"","specific_attributes":"","description":"","manifests":[]`
	pair := `"new_password1":"` + newPassword + `","new_password2":"` + newPassword + `"`
	return []change{
		{route: "POST /api/auth/register", baseline: true, body: `{"username":"newbie01","email":"newbie01@example.com","password1":"` + newPassword + `","password2":"` + newPassword + `","first_name":"Ada","last_name":"Byron","confirmations":[],"invitation":"key","invitation_secret":"secret"}`,
			required: "username email password1 password2", nullable: "confirmations", loose: "confirmations invitation invitation_secret"},
		{route: "POST /api/auth/verify-email", body: `{"key":"abc.def"}`, required: "key"},
		{route: "POST /api/auth/verify-email/resend", body: `{"email":"nobody@example.com"}`, required: "email"},
		{route: "POST /api/auth/login", baseline: true, body: `{"username":"holder01","password":"not the password"}`, loose: "username password"},
		{route: "POST /api/auth/logout", baseline: true},
		{route: "POST /api/auth/token", body: `{"username":"holder01","password":"not the password"}`, loose: "username password"},
		{route: "POST /api/auth/token/refresh", body: `{"refresh_token":"abc"}`, required: "refresh_token"},
		{route: "POST /api/auth/token/revoke", body: `{"refresh_token":"abc"}`, required: "refresh_token"},
		{route: "POST /api/auth/reauthenticate", body: `{"password":"not the password"}`, required: "password"},
		{route: "POST /api/auth/password/reset", baseline: true, body: `{"email":"nobody@example.com"}`, required: "email"},
		{route: "POST /api/auth/password/reset/confirm", baseline: true, body: `{"uid":"1","token":"abc",` + pair + `}`, required: "uid token new_password1 new_password2"},
		{route: "POST /api/auth/password/change", baseline: true, body: `{"old_password":"not the password",` + pair + `}`, required: "old_password new_password1 new_password2"},
		{route: "PATCH /api/users/{id}", target: user, body: `{"username":"holder01","first_name":"Ada","last_name":"Byron","email":"holder01@example.com"}`, loose: "first_name last_name"},
		{route: "DELETE /api/users/{id}", target: user, baseline: true},
		{route: "POST /api/users/self/deletion"},
		{route: "DELETE /api/users/self/deletion", body: `{"key":"abc.def"}`, required: "key"},
		{route: "DELETE /api/auth/sessions"},
		{route: "DELETE /api/auth/sessions/{id}", target: "/api/auth/sessions/" + h.session},
		{route: "POST /api/auth/email", body: `{"email":"moved@example.com"}`, required: "email"},
		{route: "POST /api/auth/email/confirm", body: `{"key":"abc.def"}`, required: "key"},
		{route: "POST /api/auth/email/undo", body: `{"key":"abc.def"}`, required: "key"},
		{route: "POST /api/auth/access_tokens", baseline: true, body: `{"name":"robot","expiry_date":"2999-01-01T00:00:00Z","read_only":true}`, required: "name", nullable: "expiry_date", flag: "read_only"},
		{route: "PATCH /api/auth/access_tokens/{id}", target: "/api/auth/access_tokens/" + h.tokenID, baseline: true, body: `{"name":"robot","expiry_date":"2999-01-01T00:00:00Z","read_only":true}`, nullable: "expiry_date", flag: "read_only"},
		{route: "DELETE /api/auth/access_tokens/{id}", target: "/api/auth/access_tokens/" + h.tokenID, baseline: true},
		{route: "POST /api/organizations", baseline: true, body: `{"slug":"made","name":"Made","description":"new","contact":{}}`, required: "slug", loose: "name description", free: "contact"},
		{route: "PATCH /api/organizations/{id}", target: org, baseline: true, body: `{"slug":"made","name":"Made","description":"new","contact":{}}`, loose: "name description", free: "contact"},
		{route: "DELETE /api/organizations/{id}", target: org, baseline: true, body: `{"slug":"other"}`},
		{route: "POST /api/organizations/{id}/ownership", target: org + "/ownership", body: `{"user_id":1}`, required: "user_id"},
		{route: "POST /api/organizations/{id}/ownership/accept", target: org + "/ownership/accept"},
		{route: "DELETE /api/organizations/{id}/ownership", target: org + "/ownership"},
		{route: "PATCH /api/memberships/{id}", target: "/api/memberships/" + h.waiting, baseline: true, body: `{"role":"boss"}`},
		{route: "DELETE /api/memberships/{id}", target: "/api/memberships/" + h.waiting, baseline: true},
		{route: "POST /api/invitations", in: true, baseline: true, body: `{"email":"fresh@example.com","role":"worker"}`, required: "email role"},
		{route: "POST /api/invitations/batch", in: true, body: `{"invitations":[]}`, required: "invitations", free: "invitations"},
		{route: "DELETE /api/invitations/{key}", target: "/api/invitations/" + h.invitation, baseline: true},
		{route: "POST /api/invitations/{key}/accept", target: "/api/invitations/" + h.invitation + "/accept", baseline: true},
		{route: "POST /api/invitations/{key}/decline", target: "/api/invitations/" + h.invitation + "/decline", baseline: true},
		{route: "POST /api/invitations/{key}/resend", target: "/api/invitations/" + h.invitation + "/resend", baseline: true},
		{route: "POST /api/projects", in: true, baseline: true, body: `{"name":"Made",` + me + `,"bug_tracker":"",` + places + `}`, required: "name", nullable: "owner_id assignee_id source_storage target_storage", loose: "bug_tracker", free: "source_storage target_storage"},
		{route: "PATCH /api/projects/{id}", target: project, baseline: true, body: `{"name":"Made",` + me + `,"bug_tracker":"",` + places + `}`, nullable: "owner_id assignee_id source_storage target_storage", loose: "bug_tracker", free: "source_storage target_storage"},
		{route: "DELETE /api/projects/{id}", target: project, baseline: true},
		{route: "POST /api/projects/{id}/transfer", target: project + "/transfer", body: move, required: "organization_id", nullable: "organization_id", flag: "dry_run"},
		{route: "POST /api/tasks", in: true, baseline: true, body: `{"name":"Made","project_id":` + h.project + `,` + me + `,"bug_tracker":"","subset":"","data_cloud_storage_id":` + h.cloud + `,` + places + `}`, required: "name", nullable: "project_id owner_id assignee_id data_cloud_storage_id source_storage target_storage", loose: "bug_tracker subset", free: "source_storage target_storage"},
		{route: "PATCH /api/tasks/{id}", target: task, baseline: true, body: `{"name":"Made","project_id":` + h.project + `,` + me + `,"bug_tracker":"","subset":"","data_cloud_storage_id":` + h.cloud + `,` + places + `}`, nullable: "project_id owner_id assignee_id data_cloud_storage_id source_storage target_storage", loose: "bug_tracker subset", free: "source_storage target_storage"},
		{route: "DELETE /api/tasks/{id}", target: task, baseline: true},
		{route: "POST /api/tasks/{id}/transfer", target: task + "/transfer", body: move, required: "organization_id", nullable: "organization_id", flag: "dry_run"},
		{route: "POST /api/jobs", baseline: true, body: fmt.Sprintf(`{"type":"annotation","task_id":%s,"assignee":%d}`, h.task, h.uid), required: "type task_id", nullable: "assignee"},
		{route: "PATCH /api/jobs/{id}", target: job, baseline: true, body: fmt.Sprintf(`{"assignee":%d,"stage":"validation","state":"completed"}`, h.uid), nullable: "assignee"},
		{route: "DELETE /api/jobs/{id}", target: job, baseline: true},
		{route: "POST /api/cloudstorages", in: true, baseline: true, body: `{"provider_type":"AWS_S3_BUCKET",` + bucket + `}`, required: "provider_type resource display_name credentials_type", loose: "secret_ref specific_attributes description", lists: "manifests"},
		{route: "PATCH /api/cloudstorages/{id}", target: cloud, baseline: true, body: `{` + bucket + `}`, loose: "secret_ref specific_attributes description", lists: "manifests"},
		{route: "DELETE /api/cloudstorages/{id}", target: cloud, baseline: true},
		{route: "POST /api/permissions/check", body: `{"checks":[],"explain":true}`, required: "checks", free: "checks", flag: "explain"},
	}
}

// routes are the route keys of routes.txt with one of these methods, below a path.
func routes(t *testing.T, below string, methods ...string) []string {
	t.Helper()
	b, err := os.ReadFile("routes.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) == 4 && slices.Contains(methods, f[1]) && strings.HasPrefix(f[2], below) {
			out = append(out, f[1]+" "+f[2])
		}
	}
	return out
}

// TestJ_AllChangesAreTried keeps the table above whole.
func TestJ_AllChangesAreTried(t *testing.T) {
	var listed []string
	for _, c := range changes(&holder{}) {
		listed = append(listed, c.route)
	}
	want := routes(t, "/api/", "POST", "PATCH", "PUT", "DELETE")
	slices.Sort(listed)
	slices.Sort(want)
	if !slices.Equal(listed, want) {
		t.Errorf("tried %q\nwant %q", listed, want)
	}
}

// tryAll calls try for every route that may change something. The store must be
// the same afterwards.
func tryAll(t *testing.T, try func(t *testing.T, c change, send func(body string, header ...string) *apptest.Answer)) {
	w := apptest.New(t, limitsOff, transferOn)
	h := hold(w, "holder01")
	operator(w, "chief01", true, "admin")
	admin := w.SignIn("chief01")
	team := h.found()
	for _, c := range changes(h) {
		method, path, _ := strings.Cut(c.route, " ")
		if c.target != "" {
			path = c.target
		}
		client := h.mine
		if c.route == "PATCH /api/users/{id}" {
			client = admin
		}
		if c.in {
			client = team.In(client)
		}
		t.Run(strings.ReplaceAll(c.route, "/", ":"), func(t *testing.T) {
			before := w.Dump()
			try(t, c, func(body string, header ...string) *apptest.Answer {
				t.Helper()
				cl := client
				for i := 0; i < len(header); i += 2 {
					cl = cl.With(header[i], header[i+1])
				}
				return cl.Do(method, path, body)
			})
			if w.Dump() != before {
				t.Error("the store changed")
			}
		})
	}
}

// found gives the holder an organization with somebody who has not joined.
func (h *holder) found() *apptest.Team {
	h.w.Helper()
	team := h.w.Found(h.mine, "held")
	h.org, h.invitation = fmt.Sprint(team.ID), team.Invite("invited@example.com", "worker")
	h.waiting = fmt.Sprint(team.Membership("invited@example.com"))
	h.work(team)
	return team
}

// work gives the holder one of everything that people work on, in their organization.
func (h *holder) work(team *apptest.Team) {
	h.w.Helper()
	make := func(path string, body object) string {
		return fmt.Sprint(team.In(h.mine).Post(path, body).Is(201).Int("id"))
	}
	h.project = make("/api/projects", object{"name": "Held"})
	h.task = make("/api/tasks", object{"name": "Held"})
	h.job = make("/api/jobs", object{"type": "annotation", "task_id": h.task})
	h.cloud = make("/api/cloudstorages", object{"provider_type": "AWS_S3_BUCKET", "resource": "held", "display_name": "Held", "credentials_type": "ANONYMOUS_ACCESS"})
}

// nested is a body of n levels: objects of arrays.
func nested(n int) string { return `{"x":` + strings.Repeat("[", n-1) + strings.Repeat("]", n-1) + `}` }

func many(n int) string {
	var m []string
	for i := range n {
		m = append(m, fmt.Sprintf(`"k%d":1`, i))
	}
	return "{" + strings.Join(m, ",") + "}"
}

// malformed are bodies that every route refuses, whatever it takes.
var malformed = []struct {
	attack, body string
	header       []string
	status       int
	says         string
}{
	{"J1 too large", `{"x":"` + strings.Repeat("x", 64<<10) + `"}`, nil, 413, "larger than"},
	{"J2 33 levels", nested(33), nil, 400, "JSON parse error - "},
	{"J3 duplicate", `{"x":1,"x":2}`, nil, 400, "JSON parse error - "},
	{"J3 duplicate within", `{"x":{"y":1,"y":2}}`, nil, 400, "JSON parse error - "},
	{"J3 duplicate by escape", `{"x":1,"\u0078":2}`, nil, 400, "JSON parse error - "},
	{"J5 trailing", `{}{}`, nil, 400, "JSON parse error - "},
	{"J5 trailing text", `{} x`, nil, 400, "JSON parse error - "},
	{"J6 invalid UTF-8", "{\"x\":\"\xff\"}", nil, 400, "JSON parse error - "},
	{"J6 overlong UTF-8", "{\"x\":\"\xc0\xaf\"}", nil, 400, "JSON parse error - "},
	{"J6 lone surrogate", `{"x":"\ud800"}`, nil, 400, "JSON parse error - "},
	{"J6 byte order mark", "\ufeff{}", nil, 400, ""},
	{"J7 text", `{}`, []string{"Content-Type", "text/plain"}, 415, "Unsupported media type"},
	{"J7 none", `{}`, []string{"Content-Type", ""}, 415, "Unsupported media type"},
	{"J7 form", `a=b`, []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "Unsupported media type"},
	{"J7 multipart", `--x--`, []string{"Content-Type", "multipart/form-data; boundary=x"}, 415, "Unsupported media type"},
	{"J7 utf-7", `{}`, []string{"Content-Type", "application/json; charset=utf-7"}, 415, "Unsupported media type"},
	{"J7 utf-16", `{}`, []string{"Content-Type", "application/json;charset=utf-16"}, 415, "Unsupported media type"},
	{"J8 gzip", "\x1f\x8b\x08", []string{"Content-Encoding", "gzip"}, 415, "Content-Encoding"},
	{"J8 brotli", `{}`, []string{"Content-Encoding", "br"}, 415, "Content-Encoding"},
	{"J10 list", `[1]`, nil, 400, "Expected a dictionary, but got list"},
	{"J10 empty list", `[]`, nil, 400, "Expected a dictionary, but got list"},
	{"J10 null", `null`, nil, 400, "Expected a dictionary"},
	{"J10 number", `7`, nil, 400, "Expected a dictionary"},
	{"J10 text", `"x"`, nil, 400, "Expected a dictionary"},
	{"J10 boolean", `true`, nil, 400, "Expected a dictionary"},
	{"J10 members", many(201), nil, 400, "JSON parse error - "},
	{"J10 elements", `{"x":[` + strings.Repeat("1,", 100) + `1]}`, nil, 400, "JSON parse error - "},
	{"J9 long number", `{"x":` + strings.Repeat("9", 41) + `}`, nil, 400, "JSON parse error - "},
	{"broken", `{"x":`, nil, 400, "JSON parse error - "},
	{"single quotes", `{'x':1}`, nil, 400, "JSON parse error - "},
	{"comment", `{}/**/`, nil, 400, "JSON parse error - "},
	{"NaN", `{"x":NaN}`, nil, 400, "JSON parse error - "},
}

func TestJ1_J2_J3_J5_J6_J7_J9_J10_ASVS15_3_7_MalformedBodies(t *testing.T) {
	tryAll(t, func(t *testing.T, c change, send func(string, ...string) *apptest.Answer) {
		for _, m := range malformed {
			a := send(m.body, m.header...)
			if a.Status != m.status || !strings.Contains(a.Body, m.says) {
				t.Errorf("%s: %d %s", m.attack, a.Status, a.Body)
			}
			if a.Status >= 500 || len(a.Body) > 1000 {
				t.Errorf("%s: %d, %d bytes", m.attack, a.Status, len(a.Body))
			}
		}
	})
}

// members splits a body.
func members(t *testing.T, body string) map[string]json.RawMessage {
	t.Helper()
	var m map[string]json.RawMessage
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// with is the body with one member changed; without a value it is left out.
func with(t *testing.T, body, name, value string) string {
	t.Helper()
	m := members(t, body)
	delete(m, name)
	if value != "" {
		m[name] = json.RawMessage(value)
	}
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestJ9_J10_ASVS15_3_5_BadMembers(t *testing.T) {
	long := `"` + strings.Repeat("x", 20_000) + `"`
	tryAll(t, func(t *testing.T, c change, send func(string, ...string) *apptest.Answer) {
		if c.body == "" {
			return
		}
		for name := range members(t, c.body) {
			bad := map[string]string{"object": `{}`, "object in list": `[{"x":1}]`, "NUL": `"a\u0000b"`, "long": long}
			has := func(list string) bool { return slices.Contains(strings.Fields(list), name) }
			if name != "confirmations" && !has(c.lists) {
				bad["list"] = `[]`
			}
			if !has(c.nullable) {
				bad["null"] = `null`
			}
			if !has(c.loose) {
				bad["blank"], bad["blanks"] = `""`, `"   "`
			}
			if has(c.free) {
				continue
			}
			if !has(c.flag) && name != "confirmations" {
				bad["true"] = `true`
			} else if has(c.flag) {
				bad["2"], bad["2^53+1"], bad["1e400"] = `2`, `9007199254740993`, `1e400`
			}
			if has(c.required) {
				bad["missing"] = ""
			}
			for what, value := range bad {
				if name == "confirmations" && what == "object in list" {
					continue
				}
				a := send(with(t, c.body, name, value))
				loose := has(c.loose) && (what == "long" || what == "NUL")
				if a.Status != 400 || !loose && !strings.Contains(a.Body, `"`+name+`":[`) {
					t.Errorf("%s %s: %d %s", name, what, a.Status, a.Body)
				}
			}
		}
	})
}
