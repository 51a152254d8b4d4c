package app_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/apptest"
)

// memberNames collects the names of all members in a JSON value.
func memberNames(v any, into map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			into[k] = true
			memberNames(inner, into)
		}
	case []any:
		for _, inner := range v {
			memberNames(inner, into)
		}
	}
}

// TestASVS15_3_1_OnlyKnownFieldsAreAnswered reads everything that an owner may read, and
// holds the names of all members against a list, so that a new one is seen in a review.
func TestASVS15_3_1_OnlyKnownFieldsAreAnswered(t *testing.T) {
	w := apptest.New(t, limitsOff, transferOn)
	h := hold(w, "holder01")
	h.found()
	h.patch(object{"groups": []string{"admin"}})
	got := map[string]bool{}
	for _, r := range routes(t, "/api/", "GET") {
		path := strings.TrimPrefix(r, "GET ")
		id := map[string]string{"/api/organizations": h.org, "/api/memberships": h.waiting, "/api/auth/access_tokens": h.tokenID,
			"/api/projects": h.project, "/api/tasks": h.task, "/api/jobs": h.job, "/api/cloudstorages": h.cloud, "/api/transfers": h.project}
		to := fmt.Sprint(h.uid)
		for prefix, v := range id {
			if strings.HasPrefix(path, prefix) {
				to = v
			}
		}
		a := h.mine.Get(strings.NewReplacer("{id}", to, "{key}", h.invitation).Replace(path))
		if path == "/api/auth/username" || path == "/api/auth/access_tokens/self" {
			continue
		}
		var v any
		if err := json.Unmarshal([]byte(a.Is(200).Body), &v); err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		memberNames(v, found)
		for n := range found {
			got[path+" "+n] = true
		}
		for _, inside := range []string{"hash", "epoch", "seed", "salt", "pat_epoch", "token_gen", "tat", "password1", "csrf", "root", "generation"} {
			if found[inside] {
				t.Errorf("%s answers %q", path, inside)
			}
		}
	}
	var list []string
	for n := range got {
		list = append(list, n)
	}
	slices.Sort(list)
	holdGolden(t, "testdata/answered.txt", "# Members of answers by route. Written by: go test ./internal/app -run OnlyKnownFieldsAreAnswered -update\n"+strings.Join(list, "\n")+"\n")
}

// TestASVS14_2_6_OthersSeeLittle: what a colleague sees of somebody is not what they see
// themselves.
func TestASVS14_2_6_OthersSeeLittle(t *testing.T) {
	w := apptest.New(t, limitsOff)
	w.Join("founder", "founder@example.org")
	team := w.Found(w.SignIn("founder"), "acme")
	worker := team.Join("worker01", "worker")
	uid := team.Owner.Get("/api/users/self").Int("id")
	for _, a := range []*apptest.Answer{
		team.In(worker).Get("/api/users").Is(200), team.In(worker).Get(fmt.Sprint("/api/users/", uid)).Is(200),
		team.In(worker).Get("/api/memberships").Is(200), worker.Get(team.Path("")).Is(200), worker.Get("/api/organizations").Is(200),
	} {
		for _, private := range []string{"founder@example.org", "last_login", "date_joined", "is_superuser", "groups", "network", "agent"} {
			if strings.Contains(a.Body, private) {
				t.Errorf("a colleague sees %q: %s", private, a.Body)
			}
		}
	}
	self := team.Owner.Get("/api/users/self").Is(200)
	self.Has("founder@example.org")
}
