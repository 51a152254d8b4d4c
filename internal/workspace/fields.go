package workspace

import (
	"time"

	"gatehouse/internal/list"
)

func textField(name string, search bool, get func(placed) string) list.Field[placed] {
	return list.Field[placed]{Name: name, Kind: list.String, Search: search, Sort: true, Simple: true, Filter: true, Get: func(r placed) list.Value { return list.OfString(get(r)) }}
}

func idField(name string, simple bool, get func(placed) int64) list.Field[placed] {
	return list.Field[placed]{Name: name, Kind: list.Int, Sort: true, Simple: simple, Filter: true, Get: func(r placed) list.Value {
		if n := get(r); n != 0 {
			return list.OfInt(n)
		}
		return list.Null()
	}}
}

var updatedField = list.Field[placed]{Name: "updated_date", Kind: list.Time, Sort: true, Filter: true, Get: func(r placed) list.Value { return list.OfTime(time.UnixMilli(r.Updated)) }}

var (
	nameField     = textField("name", true, func(r placed) string { return r.Name })
	ownerField    = textField("owner", true, func(r placed) string { return r.owner })
	assigneeField = textField("assignee", true, func(r placed) string { return r.assignee })
	ownID         = idField("id", false, func(r placed) int64 { return r.ID })
)

func enumField(name string, values []string, get func(placed) string) list.Field[placed] {
	f := textField(name, true, get)
	f.Kind, f.Enum = list.Enum, values
	return f
}

// specs are the lists.
var specs = map[string]list.Spec[placed]{
	projects: listOf(nameField, ownerField, assigneeField, ownID, updatedField),
	tasks: listOf(nameField, ownerField, assigneeField, ownID, updatedField,
		textField("project_name", true, func(r placed) string { return r.project }),
		textField("subset", true, func(r placed) string { return r.Subset }),
		idField("project_id", true, func(r placed) int64 { return r.Project })),
	jobs: listOf(assigneeField, ownID, updatedField,
		enumField("stage", stages, func(r placed) string { return r.Stage }),
		enumField("state", states, func(r placed) string { return r.State }),
		textField("project_name", true, func(r placed) string { return r.project }),
		textField("task_name", true, func(r placed) string { return r.task }),
		idField("task_id", true, func(r placed) int64 { return r.Task }),
		idField("project_id", true, func(r placed) int64 { return r.Project })),
	clouds: listOf(nameField, ownerField, ownID, updatedField,
		textField("resource", true, func(r placed) string { return r.Resource }),
		textField("description", true, func(r placed) string { return r.About }),
		enumField("provider_type", providers, func(r placed) string { return r.Provider }),
		enumField("credentials_type", credentials, func(r placed) string { return r.Kind })),
}

func listOf(fields ...list.Field[placed]) list.Spec[placed] {
	return list.Spec[placed]{Default: "-id", ID: func(r placed) list.Value { return list.OfInt(r.ID) }, Fields: fields}
}
