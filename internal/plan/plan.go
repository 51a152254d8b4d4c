// Package plan owns what plans there are, what a workspace may hold under each, and
// which one a workspace has.
//
// It does not own how a plan is paid for, nor what is counted (workspace, tenant):
// only how many there may be. Where billing is off nobody asks it.
//
//	PLAN#o<org>, PLAN#u<uid>   A  the plan of a workspace; without one it is the default
package plan

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"

	"gatehouse/internal/store"
)

// What plans limit, by the names that lists and counters have.
const (
	Projects = "projects"
	Tasks    = "tasks"
	Storages = "cloudstorages"
	Members  = "members"
)

// Plan is what somebody may take for a workspace. A kind that Limits does not name has
// no limit.
type Plan struct {
	ID     string           `json:"id"`
	Name   string           `json:"name"`
	For    string           `json:"for"` // person or organization; "" is both
	Limits map[string]int64 `json:"limits"`
}

// Most is how many of a kind there may be; 0 is no limit.
func (p Plan) Most(kind string) int64 { return p.Limits[kind] }

// Plans are the plans of an installation.
type Plans struct {
	Default string `json:"default"`
	All     []Plan `json:"plans"`
}

// Of is a plan by its id. One that is not known, or is not for such a workspace, is
// the default.
func (p *Plans) Of(id string, org bool) Plan {
	var fallback Plan
	for _, one := range p.All {
		if one.ID == p.Default {
			fallback = one
		}
		if one.ID == id && (one.For == "" || (one.For == "organization") == org) {
			return one
		}
	}
	return fallback
}

// Lifts names the plan that allows more of a kind than p; "" if none does.
func (p *Plans) Lifts(from Plan, kind string, org bool) string {
	for _, one := range p.All {
		if (one.For == "" || (one.For == "organization") == org) && from.Most(kind) > 0 && (one.Most(kind) == 0 || one.Most(kind) > from.Most(kind)) {
			return one.Name
		}
	}
	return ""
}

//go:embed plans.json
var shipped []byte

// Shipped are the plans that come with the product.
var Shipped = sync.OnceValue(func() *Plans {
	p, err := Parse(shipped)
	if err != nil {
		panic(err) // a test parses them
	}
	return p
})

// Parse reads plans, or says what is wrong with them.
func Parse(b []byte) (*Plans, error) {
	p := &Plans{}
	if err := json.Unmarshal(b, p); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for i, one := range p.All {
		switch {
		case one.ID == "" || one.Name == "" || seen[one.ID]:
			return nil, fmt.Errorf("plans[%d]: expected an id of its own and a name, have %q and %q", i, one.ID, one.Name)
		case one.For != "" && one.For != "person" && one.For != "organization":
			return nil, fmt.Errorf("plans[%d].for: expected person, organization or nothing, have %q", i, one.For)
		}
		seen[one.ID] = true
		for kind, n := range one.Limits {
			if kind != Projects && kind != Tasks && kind != Storages && kind != Members || n < 1 {
				return nil, fmt.Errorf("plans[%d].limits: expected projects, tasks, cloudstorages or members, and 1 or more, have %q: %d", i, kind, n)
			}
		}
	}
	if !seen[p.Default] {
		return nil, fmt.Errorf("default: expected the id of a plan, have %q", p.Default)
	}
	return p, nil
}

// Row says which plan a workspace has.
type Row struct {
	Plan string `json:"plan"`
}

// Rows is that row.
var Rows = store.Kind[Row]{Name: "plan", Schema: 1}

// Key is where it is: of an organization, or with 0 of a person's own workspace.
func Key(org, uid int64) store.Key {
	if org != 0 {
		return store.Key{PK: "PLAN#o" + strconv.FormatInt(org, 10), SK: "A"}
	}
	return store.Key{PK: "PLAN#u" + strconv.FormatInt(uid, 10), SK: "A"}
}
