package policy

// WouldAllow says what would turn a refusal, all else equal: the smallest role in
// the organization, and the smallest group. It is nil if in is allowed already or
// if neither would help.
func (t *Table) WouldAllow(pkg string, in *Input) []Hint {
	if t.Decide(pkg, in).Allowed {
		return nil
	}
	var hints []Hint
	for r := Worker; r <= Owner; r++ {
		if other, ok := withRole(pkg, in, r); ok && t.Decide(pkg, other).Allowed {
			hints = append(hints, Hint{Role: r.String()})
			break
		}
	}
	for p := GroupWorker; p <= GroupAdmin; p++ {
		other := *in
		other.Privilege = p
		if p > in.Privilege && t.Decide(pkg, &other).Allowed {
			return append(hints, Hint{Group: p.String()})
		}
	}
	return hints
}

// withRole is in with another role of the caller, in every place that has it.
func withRole(pkg string, in *Input, r Role) (*Input, bool) {
	other, changed := *in, false
	if in.Org != nil {
		org := *in.Org
		other.Org, changed = &org, org.Role < r
		org.Role = r
	}
	// In a user it is the caller's role in the context, which a sandbox has not.
	if in.Resource != nil && (pkg == "organizations" || pkg == "users" && in.Org != nil) {
		resource := *in.Resource
		other.Resource, changed = &resource, changed || resource.Role < r
		resource.Role = r
	}
	return &other, changed
}
