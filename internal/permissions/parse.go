package permissions

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"gatehouse/internal/fault"
	"gatehouse/internal/policy"
)

// Bounds of a question. Names and keys are never as long, and store keys have a bound.
const (
	maxChecks = 100
	maxID     = 1 << 53
	maxName   = 64
	maxKey    = 128
)

// question is one check as it was asked.
type question struct {
	pkg, scope string
	id         int64  // of the object; 0: none, or an invitation
	key        string // of the invitation

	named bool   // an organization was named, perhaps the personal workspace
	slug  string // by short name
	org   int64  // by id
}

// whole reports whether the question is about no object: a list, something new, or
// an organization that is named as the context and not as the object.
func (q question) whole() bool { return q.id == 0 && q.key == "" }

// types are the kinds of object, with the package that each belongs to.
var types = map[string]string{
	"organization": "organizations", "membership": "memberships", "invitation": "invitations", "user": "users",
	"server": "server", "access_token": "access_tokens", "project": "projects", "task": "tasks", "job": "jobs",
	"cloudstorage": "cloudstorages",
}

// vocabulary is what can be asked: the packages and the scopes of each.
var vocabulary = sync.OnceValue(func() map[string][]string {
	m := map[string][]string{}
	for _, pkg := range policy.Default().Packages() {
		m[pkg] = policy.Default().Scopes(pkg)
	}
	return m
})

// collective reports whether a scope is about no object that is there already.
func collective(pkg, scope string) bool {
	switch scope {
	case "list", "create", inProject, "import:backup":
		return true
	}
	return pkg == "server"
}

// work reports whether a package is about what people work on.
func work(pkg string) bool {
	return pkg == "projects" || pkg == "tasks" || pkg == "jobs" || pkg == "cloudstorages"
}

// inProject is the scope that is about something new in a project that is there.
const inProject = "create@project"

// parse reads checks, or names every one that is wrong. home says whether the
// request is in an organization's workspace.
func parse(raw json.RawMessage, home bool) ([]question, error) {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil || len(list) == 0 || len(list) > maxChecks {
		return nil, fault.Field("checks", "Expected a list of 1 to "+strconv.Itoa(maxChecks)+" checks.")
	}
	var bad fault.Fields
	out := make([]question, len(list))
	for i, raw := range list {
		p := parser{at: "checks[" + strconv.Itoa(i) + "]", bad: &bad, home: home}
		out[i] = p.check(raw)
	}
	return out, bad.Err()
}

// parser reads one check.
type parser struct {
	at   string
	bad  *fault.Fields
	home bool
}

func (p parser) wrong(name, message string) { p.bad.Add(p.at+name, message) }

// object are the members of a JSON object; all must be among known. ok is false if
// it is none.
func (p parser) object(at string, raw json.RawMessage, known ...string) (m map[string]json.RawMessage, ok bool) {
	if json.Unmarshal(raw, &m) != nil || m == nil {
		return nil, false
	}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if !slices.Contains(known, name) {
			p.wrong(at+"."+shorten(name), "Unknown field. Expected "+choice(known)+".")
		}
	}
	return m, true
}

func (p parser) check(raw json.RawMessage) (q question) {
	m, ok := p.object("", raw, "scope", "resource", "organization")
	if !ok {
		p.wrong("", `Expected an object such as {"scope": "organizations:create"}.`)
		return q
	}
	p.organization(&q, m["organization"])
	kind, id := "", json.RawMessage(nil)
	if !null(m["resource"]) {
		r, ok := p.object(".resource", m["resource"], "type", "id")
		if ok {
			kind, id = text(r["type"]), r["id"]
		}
		if types[kind] == "" {
			p.wrong(".resource.type", "Expected "+choice(slices.Sorted(maps.Keys(types)))+".")
			return q
		}
	}
	if p.scope(&q, m["scope"], types[kind]) {
		p.id(&q, kind, id)
	}
	return q
}

// scope reads the scope. of is the package of the object's type, "" without one.
func (p parser) scope(q *question, raw json.RawMessage, of string) bool {
	s := text(raw)
	if s == "" {
		p.wrong(".scope", `Expected a package and one of its scopes, such as "memberships:change:role".`)
		return false
	}
	pkg, scope, _ := strings.Cut(s, ":")
	if vocabulary()[pkg] == nil && slices.Contains(vocabulary()[of], s) {
		pkg, scope = of, s
	}
	scopes := vocabulary()[pkg]
	switch {
	case scopes == nil && of != "":
		p.wrong(".scope", "There is no "+quoted(s)+" in "+of+". Expected "+choice(vocabulary()[of])+".")
	case scopes == nil:
		p.wrong(".scope", "There is no package "+quoted(pkg)+". Expected "+choice(slices.Sorted(maps.Keys(vocabulary())))+`, then ":" and a scope.`)
	case !slices.Contains(scopes, scope):
		p.wrong(".scope", "There is no "+quoted(scope)+" in "+pkg+". Expected "+choice(scopes)+".")
	case of != "" && of != pkg && (of != "projects" || pkg != "tasks" || scope != inProject):
		p.wrong(".resource.type", "Expected "+strconv.Quote(typeOf(pkg))+", as the scope is one of "+pkg+".")
	default:
		q.pkg, q.scope = pkg, scope
		return true
	}
	return false
}

// id reads which object it is about; whether there must be one, the scope says.
func (p parser) id(q *question, kind string, raw json.RawMessage) {
	ok, what := true, "a positive integer"
	switch {
	case null(raw):
	case kind == "invitation":
		q.key, what = text(raw), "the key of an invitation"
		ok = q.key != "" && len(q.key) <= maxKey
	default:
		q.id, ok = positive(raw, true)
	}
	switch {
	case !ok:
		p.wrong(".resource.id", "Expected "+what+".")
	case collective(q.pkg, q.scope) && !q.whole() && (q.scope != inProject || kind != "project"):
		p.wrong(".resource.id", "Expected null, as "+q.pkg+":"+q.scope+" is about no object that is there already.")
	case collective(q.pkg, q.scope) || !q.whole():
	case q.pkg == "organizations" && kind == "" && (q.slug != "" || q.org != 0 || !q.named && p.home):
	default:
		p.wrong(".resource", "Expected the type "+strconv.Quote(typeOf(q.pkg))+" and an id, as "+q.pkg+":"+q.scope+" is about one object.")
	}
}

// organization reads the context: a short name, an id, "" for the personal
// workspace, or null for the workspace of the request.
func (p parser) organization(q *question, raw json.RawMessage) {
	if null(raw) {
		return
	}
	ok := false
	q.named = true
	if raw[0] == '"' {
		q.slug = text(raw)
		ok = len(q.slug) <= maxName
	} else {
		q.org, ok = positive(raw, false)
	}
	if !ok {
		p.wrong(".organization", "Expected the short name or the id of an organization, \"\" for the personal workspace, or null.")
	}
}

func null(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

// text is a JSON string, "" if it is none.
func text(raw json.RawMessage) (s string) {
	_ = json.Unmarshal(raw, &s) // what is none stays empty, and that is refused
	return s
}

// positive is a positive integer as one writes it, also in quotes if words.
func positive(raw json.RawMessage, words bool) (int64, bool) {
	s := string(raw)
	if words && raw[0] == '"' {
		s = text(raw)
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n > 0 && n <= maxID && strconv.FormatInt(n, 10) == s
}

func typeOf(pkg string) string {
	for name, of := range types {
		if of == pkg {
			return name
		}
	}
	return ""
}

func choice(names []string) string { return "one of " + strings.Join(names, ", ") }

func quoted(s string) string { return strconv.Quote(shorten(s)) }

func shorten(s string) string {
	if len(s) <= maxName {
		return s
	}
	n := maxName
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
