package policy

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// Legend explains the cells of Matrix.
const Legend = `Cells are the groups that may: n no group, w worker, u user, a admin.
Columns are the caller's context: outside organizations, in one without a role, or with one;
"owner" owns the organization too, "owner role" does not. Where the stage of a job makes a
difference, its scopes are written once for each answer.
`

// people of the matrix.
const (
	caller   = 1
	somebody = 2
	here     = 3
	there    = 4
)

// context is a column.
type context struct {
	name string
	org  *Org
}

var contexts = []context{
	{"outside", nil},
	{"stranger", &Org{here, somebody, NoRole}},
	{"worker", &Org{here, somebody, Worker}},
	{"supervisor", &Org{here, somebody, Supervisor}},
	{"maintainer", &Org{here, somebody, Maintainer}},
	{"owner role", &Org{here, somebody, Owner}},
	{"owner", &Org{here, caller, Owner}},
}

// relation is a row: what the object is to the caller.
type relation struct {
	name string
	make func(*Resource)
}

// Matrix writes who may do what in a package. Scopes with the same answers stand
// together.
func (t *Table) Matrix(w io.Writer, pkg string) error {
	if t.packages[pkg] == nil {
		return fmt.Errorf("there is no package %q: expected one of %s", pkg, strings.Join(t.names, ", "))
	}
	var blocks []string
	scopes := map[string][]string{}
	for _, s := range t.packages[pkg].names {
		b := t.block(pkg, s)
		if scopes[b] == nil {
			blocks = append(blocks, b)
		}
		scopes[b] = append(scopes[b], s)
	}
	fmt.Fprintf(w, "== %s\n", pkg)
	for _, b := range blocks {
		fmt.Fprintf(w, "\n%s\n%s", strings.Join(scopes[b], ", "), b)
	}
	if len(plans[pkg]) > 0 {
		fmt.Fprintf(w, "\nwhat the list is narrowed to\n%s", t.lists(pkg))
	}
	_, err := fmt.Fprintf(w, "\nwith a personal access token\n%s\n", t.tokens(pkg))
	return err
}

// grid writes rows under the contexts.
func grid(rows []string, cell func(row int, c context) string) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 4, 2, ' ', 0)
	fmt.Fprint(w, "  \t")
	for i, c := range contexts {
		fmt.Fprint(w, c.name, []string{"\t", "\n"}[bit(i == len(contexts)-1)])
	}
	for i, name := range rows {
		fmt.Fprintf(w, "  %s", name)
		for _, c := range contexts {
			fmt.Fprint(w, "\t", cell(i, c))
		}
		fmt.Fprintln(w)
	}
	w.Flush()
	return b.String()
}

// block writes a scope, by the stage of the object if that makes a difference.
func (t *Table) block(pkg, scope string) string {
	var blocks []string
	in := map[string][]string{}
	for s := NoStage; s <= Acceptance; s++ {
		b := t.inStage(pkg, scope, s)
		if in[b] == nil {
			blocks = append(blocks, b)
		}
		in[b] = append(in[b], cmp.Or(s.String(), "no stage"))
	}
	if len(blocks) == 1 {
		return blocks[0]
	}
	var b strings.Builder
	for _, x := range blocks {
		fmt.Fprintf(&b, " in %s\n%s", strings.Join(in[x], ", "), x)
	}
	return b.String()
}

func (t *Table) inStage(pkg, scope string, s Stage) string {
	var rows []string
	var relations []relation
	for _, r := range relationsOf(pkg, scope) {
		rows, relations = append(rows, r.name), append(relations, r)
	}
	return grid(rows, func(i int, c context) string {
		cell := []byte("nwua")
		for p := range cell {
			in := inputOf(pkg, scope, Privilege(p), c, relations[i])
			if in.Resource != nil {
				in.Resource.Stage = s
			}
			if !t.Decide(pkg, in).Allowed {
				cell[p] = '.'
			}
		}
		return string(cell)
	})
}

func inputOf(pkg, scope string, p Privilege, c context, r relation) *Input {
	in := &Input{Scope: scope, User: caller, Privilege: p, Org: c.org}
	if r.make == nil {
		return in
	}
	in.Resource = &Resource{ID: 9, Owner: somebody, Assignee: somebody, User: somebody, Invitee: somebody}
	if c.org != nil {
		in.Resource.Organization = here
		if pkg == "users" || pkg == "memberships" {
			in.Resource.Role = c.org.Role
		}
	}
	r.make(in.Resource)
	return in
}

func (t *Table) lists(pkg string) string {
	return grid([]string{"no group", "worker", "user", "admin"}, func(i int, c context) string {
		in := &Input{User: caller, Privilege: Privilege(i), Org: c.org}
		if plan := t.Filter(pkg, in); plan != "" {
			return plan
		}
		return "-"
	})
}

// tokens writes what tokens leave of what an administrator may.
func (t *Table) tokens(pkg string) string {
	var b strings.Builder
	row := func(name string, token Token, safe bool) {
		var left []string
		for _, s := range t.packages[pkg].names {
			in := &Input{Scope: s, User: caller, Privilege: GroupAdmin, Token: &token, Safe: safe}
			if t.Decide(pkg, in).Allowed {
				left = append(left, s)
			}
		}
		switch len(left) {
		case 0:
			left = []string{"nothing"}
		case len(t.packages[pkg].names):
			left = []string{"everything"}
		}
		fmt.Fprintf(&b, "  %s: %s\n", name, strings.Join(left, " "))
	}
	row("read-write", Token{}, false)
	row("read-only", Token{ReadOnly: true}, false)
	row("read-only, safe method", Token{ReadOnly: true}, true)
	return b.String()
}

// relationsOf are the rows of a scope.
func relationsOf(pkg, scope string) []relation {
	if scope == "list" || pkg == "server" {
		return []relation{{"", nil}}
	}
	named := func(names ...string) []relation {
		return slices.DeleteFunc(slices.Clone(people), func(r relation) bool { return !slices.Contains(names, r.name) })
	}
	switch pkg {
	case "organizations":
		return append(named("somebody's", "owner"), byRole("caller is ")...)
	case "memberships":
		return memberRows(scope)
	case "invitations":
		return append(append(byRole("as "), relation{"with no role", func(*Resource) {}}), named("inviter", "invitee")...)
	case "users":
		return []relation{{"somebody", func(*Resource) {}}, {"self", func(r *Resource) { r.ID = caller }}}
	case "projects":
		return named("somebody's", "owner", "assignee", "exporter", "owner, elsewhere")
	case "tasks":
		return named("somebody's", "owner", "assignee", "project owner", "project assignee", "exporter", "owner, elsewhere")
	case "jobs":
		return named("somebody's", "assignee", "task owner", "task assignee", "project owner", "project assignee", "exporter", "assignee, elsewhere")
	case "cloudstorages":
		return named("somebody's", "owner", "owner, elsewhere")
	}
	return named("somebody's", "owner")
}

var people = []relation{
	{"somebody's", func(*Resource) {}},
	{"owner", func(r *Resource) { r.Owner = caller }},
	{"inviter", func(r *Resource) { r.Owner = caller }},
	{"invitee", func(r *Resource) { r.Invitee = caller }},
	{"assignee", func(r *Resource) { r.Assignee = caller }},
	{"task owner", func(r *Resource) { r.Task = &Staff{Owner: caller} }},
	{"task assignee", func(r *Resource) { r.Task = &Staff{Assignee: caller} }},
	{"project owner", func(r *Resource) { r.Project = &Staff{Owner: caller} }},
	{"project assignee", func(r *Resource) { r.Project = &Staff{Assignee: caller} }},
	{"exporter", func(r *Resource) { r.User = caller }},
	{"owner, elsewhere", func(r *Resource) { r.Owner, r.Organization = caller, there }},
	{"assignee, elsewhere", func(r *Resource) { r.Assignee, r.Organization = caller, there }},
}

func byRole(prefix string) []relation {
	var out []relation
	for r := Worker; r <= Owner; r++ {
		out = append(out, relation{strings.Replace(prefix+r.String(), " a o", " an o", 1), func(o *Resource) { o.Role, o.Active = r, true }})
	}
	return out
}

// memberRows are the memberships that a caller may meet, and what becomes of them.
func memberRows(scope string) []relation {
	rows := append(byRole("of a "),
		relation{"of a pending worker", func(r *Resource) { r.Role = Worker }},
		relation{"own", func(r *Resource) { r.User, r.Active = caller, true }},
		relation{"own, pending", func(r *Resource) { r.User = caller }})
	if scope != "change:role" {
		return rows
	}
	for _, from := range []Role{Worker, Maintainer, Owner} {
		for to := Worker; to <= Owner; to++ {
			rows = append(rows, relation{from.String() + " to " + to.String(),
				func(r *Resource) { r.Role, r.NewRole, r.Active = from, to, true }})
		}
	}
	return rows
}
