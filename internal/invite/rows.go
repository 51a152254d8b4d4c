package invite

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"gatehouse/internal/fault"
)

// row is one row as it was sent.
type row struct {
	email string
	draft draft
	bad   fault.Fields
}

// rows reads the list. What is wrong with one row is noted there.
func (in BatchRequest) rows() (rows []row, err error) {
	if err := in.Invalid(); err != nil {
		return nil, err
	}
	var list []json.RawMessage
	switch err := json.Unmarshal(in.Invitations, &list); {
	case err != nil:
		return nil, fault.Field("invitations", "A list of invitations is expected.")
	case len(list) == 0:
		return nil, fault.Field("invitations", "This list may not be empty.")
	case len(list) > 100:
		return nil, fault.Field("invitations", "Ensure this field has no more than 100 elements.")
	}
	for _, raw := range list {
		rows = append(rows, readRow(raw))
	}
	return rows, nil
}

func readRow(raw json.RawMessage) (r row) {
	var m map[string]json.RawMessage
	if json.Unmarshal(raw, &m) != nil || m == nil {
		r.bad.Add(fault.NonField, "Invalid data. Expected a dictionary.")
		return r
	}
	r.email = text(m, "email", &r.bad)
	role := text(m, "role", &r.bad)
	r.draft.check(r.email, role, &r.bad)
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if name != "email" && name != "role" {
			r.bad.Add(strings.ToValidUTF8(name[:min(len(name), 60)], ""), "Unknown field.")
		}
	}
	return r
}

// text is a member that must be a text.
func text(m map[string]json.RawMessage, name string, bad *fault.Fields) string {
	raw, sent := m[name]
	var s *string
	switch {
	case !sent:
		bad.Add(name, "This field is required.")
	case json.Unmarshal(raw, &s) != nil:
		bad.Add(name, "Not a valid string.")
	case s == nil:
		bad.Add(name, "This field may not be null.")
	case name == "email" && len(*s) > 254*4:
		bad.Add(name, "Ensure this field has no more than 254 characters.")
	default:
		return strings.TrimSpace(*s)
	}
	return ""
}
