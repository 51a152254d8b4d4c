package app_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/api"
	"gatehouse/internal/apptest"
	"gatehouse/internal/gateway"
	"gatehouse/internal/server"
	"gatehouse/internal/web"
)

var update = flag.Bool("update", false, "write routes.txt anew")

// handlers are the routes of each function.
func handlers(w *apptest.World) map[string]api.Routes {
	g := w.Parts.Gate()
	return map[string]api.Routes{
		"signup": w.Accounts.Signup(g), "login": w.Accounts.SignIn(g), "account": w.Accounts.Account(g),
		"organizations": w.Parts.Orgs().Routes(g), "invitations": w.Parts.Invites().Routes(g), "workspace": w.Parts.Work().Routes(g), "permissions": w.Parts.Decisions().Routes(g),
		"pages": web.New(w.Accounts, web.Invitations{}, web.Organizations{}, g).Routes(), "edge": server.Routes(g, "", nil),
	}
}

// TestRoutes holds the template and the handlers together: per function the same
// routes, a folder for every function and a function for every folder. The list
// of routes with who may call them is a golden file, so that one that becomes
// public is seen in a review.
func TestRoutes(t *testing.T) {
	w := apptest.New(t)
	table, err := gateway.Read(gatehouse.Template)
	if err != nil {
		t.Fatal(err)
	}
	inTemplate := map[string][]string{}
	for _, f := range table.Functions {
		inTemplate[f.Name] = nil
	}
	for _, r := range table.Routes {
		inTemplate[r.Function] = append(inTemplate[r.Function], r.Key)
	}
	var lines []string
	for name, routes := range handlers(w) {
		var keys []string
		for key, h := range routes {
			keys = append(keys, key)
			lines = append(lines, fmt.Sprintf("%-7s %s %s", api.Access(h), key, name))
		}
		slices.Sort(keys)
		slices.Sort(inTemplate[name])
		if !slices.Equal(keys, inTemplate[name]) {
			t.Errorf("function %s: handlers\n%s\ntemplate\n%s", name, strings.Join(keys, "\n"), strings.Join(inTemplate[name], "\n"))
		}
	}
	folders, err := os.ReadDir("../../functions")
	if err != nil {
		t.Fatal(err)
	}
	folders = slices.DeleteFunc(folders, func(f os.DirEntry) bool { return !f.IsDir() }) // the files are tests
	for _, f := range folders {
		if _, ok := inTemplate[f.Name()]; !ok {
			t.Errorf("functions/%s has no function in the template", f.Name())
		}
		if _, ok := w.Functions[f.Name()]; !ok {
			t.Errorf("functions/%s is not in the app", f.Name())
		}
	}
	if len(folders) != len(inTemplate) || len(folders) != len(w.Functions) {
		t.Errorf("%d folders, %d functions in the template, %d in the app", len(folders), len(inTemplate), len(w.Functions))
	}
	golden(t, lines)
}

func golden(t *testing.T, lines []string) {
	slices.Sort(lines)
	text := "# Who may call which route, and the function that serves it. Written by: go test ./internal/app -run TestRoutes -update\n" + strings.Join(lines, "\n") + "\n"
	if *update {
		if err := os.WriteFile("routes.txt", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile("routes.txt")
	if err != nil {
		t.Fatal(err)
	}
	if string(b) != text {
		t.Error("routes.txt is not current: look at the difference, then run go test ./internal/app -run TestRoutes -update")
	}
}
