package policy

// WouldAllow says what would turn a refusal, all else equal: the smallest role in
// the organization, and the smallest group. It is nil if in is allowed already, if
// neither would help, or if the caller only has to wait for another stage of a job.
// The role owner stands for being the organization's owner.
func (t *Table) WouldAllow(pkg string, in *Input) []Hint {
	var o other
	if t.Decide(pkg, in).Allowed || t.awaits(pkg, in, &o) {
		return nil
	}
	var hints []Hint
	for r := Worker; r <= Owner; r++ {
		if o.take(pkg, in, r) && t.Decide(pkg, &o.in).Allowed {
			hints = append(hints, Hint{Role: r.String()})
			break
		}
	}
	o.in = *in
	for p := max(GroupWorker, in.Privilege+1); p <= GroupAdmin; p++ {
		o.in.Privilege = p
		if t.Decide(pkg, &o.in).Allowed {
			return append(hints, Hint{Group: p.String()})
		}
	}
	return hints
}

// awaits reports whether the caller, as they are, may in another stage of the job.
func (t *Table) awaits(pkg string, in *Input, o *other) bool {
	if pkg != "jobs" || in.Resource == nil {
		return false
	}
	o.in, o.resource = *in, *in.Resource
	o.in.Resource = &o.resource
	for o.resource.Stage = Annotation; o.resource.Stage <= Acceptance; o.resource.Stage++ {
		if t.Decide(pkg, &o.in).Allowed {
			return true
		}
	}
	return false
}

// other is an input with another role of the caller, or in another stage. It has room of its own for
// what the role stands in, so that trying them all allocates nothing more.
type other struct {
	in       Input
	org      Org
	resource Resource
}

// take puts the role in every place that has it, and reports whether that is more
// than the caller has.
func (o *other) take(pkg string, in *Input, r Role) (more bool) {
	o.in = *in
	if in.Org != nil {
		o.org, more = *in.Org, in.Org.Role < r
		o.in.Org, o.org.Role = &o.org, r
		if r == Owner {
			more = more || o.org.Owner != in.User
			o.org.Owner = in.User
		}
	}
	// In a user it is the caller's role in the context, which a sandbox has not.
	if in.Resource != nil && (pkg == "organizations" || pkg == "users" && in.Org != nil) {
		o.resource, more = *in.Resource, more || in.Resource.Role < r
		o.in.Resource, o.resource.Role = &o.resource, r
		if r == Owner && pkg == "organizations" {
			more = more || o.resource.Owner != in.User
			o.resource.Owner = in.User
		}
	}
	return more
}
