package policy

// Op is what a Question asks.
type Op uint8

const (
	AskValue Op = iota // the class of an Enum; of a Nullable 1 if it is there
	AskMe              // 1 if the id is the caller's
	AskNull            // 1 if the id is null
	AskSame            // 1 if two ids are equal, or both null
	ops
)

// Question is one thing that rules want to know of an input. Its answers are
// classes, counted from 0. Where an object is null, every question about its
// insides has the answer 0.
type Question struct {
	Op   Op
	A, B Code // B is for AskSame
}

// Size is how many answers there are.
func (q Question) Size() int {
	if q.Op == AskValue && q.A.Kind() == Enum {
		return len(q.A.Values())
	}
	return 2
}

// Class is the answer for an input.
func (q Question) Class(in *Input) int {
	if q.Op == AskValue {
		return in.class(q.A)
	}
	a, ok := in.id(q.A)
	if !ok {
		return 0
	}
	switch q.Op {
	case AskMe:
		return bit(a != 0 && a == in.User)
	case AskNull:
		return bit(a == 0)
	}
	b, ok := in.id(q.B)
	return bit(ok && a == b)
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// class is the class of an Enum or a Nullable. Values out of range, which no
// caller makes, count as none.
func (in *Input) class(c Code) int {
	switch c {
	case UserPrivilege:
		return below(int(in.Privilege), len(privileges))
	case MinRoleToCreate:
		return below(int(in.MinRoleToCreate), len(privileges))
	case Organization:
		return bit(in.Org != nil)
	case OrgSpecified:
		return bit(in.OrgSpecified)
	case Object:
		return bit(in.Resource != nil)
	case SafeMethod:
		return bit(in.Safe)
	case TokenReadOnly:
		return bit(in.Token == nil || in.Token.ReadOnly)
	case OrgRole:
		if in.Org != nil {
			return below(int(in.Org.Role), len(roles))
		}
	}
	if in.Resource == nil {
		return 0
	}
	switch r := in.Resource; c {
	case ObjectRole:
		return below(int(r.Role), len(roles))
	case ObjectNewRole:
		return below(int(r.NewRole), len(roles))
	case ObjectActive:
		return bit(r.Active)
	case ObjectStage:
		return below(int(r.Stage), len(stages))
	case ObjectTask:
		return bit(r.Task != nil)
	case ObjectProject:
		return bit(r.Project != nil)
	}
	return 0
}

func below(i, n int) int {
	if i < n {
		return i
	}
	return 0
}

// id is an id, 0 for null, and whether the objects it is in are there.
func (in *Input) id(c Code) (int64, bool) {
	switch {
	case c == UserID:
		return in.User, true
	case c == OrgID || c == OrgOwner:
		if in.Org == nil {
			return 0, false
		}
		if c == OrgID {
			return in.Org.ID, true
		}
		return in.Org.Owner, true
	case in.Resource == nil:
		return 0, false
	case c >= TaskOwner && c <= TaskOrg:
		return in.Resource.Task.id(c - TaskOwner)
	case c >= ProjectOwner && c <= ProjectOrg:
		return in.Resource.Project.id(c - ProjectOwner)
	}
	return in.Resource.id(c), true
}

func (r *Resource) id(c Code) int64 {
	switch c {
	case ObjectID:
		return r.ID
	case ObjectOwner:
		return r.Owner
	case ObjectAssignee:
		return r.Assignee
	case ObjectUser:
		return r.User
	case ObjectInvitee:
		return r.Invitee
	case ObjectOrg:
		return r.Organization
	}
	return 0
}

// id is the n-th id of the people: owner, assignee, organization.
func (s *Staff) id(n Code) (int64, bool) {
	switch {
	case s == nil:
		return 0, false
	case n == 0:
		return s.Owner, true
	case n == 1:
		return s.Assignee, true
	}
	return s.Organization, true
}
