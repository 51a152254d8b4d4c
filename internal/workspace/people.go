package workspace

import (
	"context"
	"strconv"

	"gatehouse/internal/policy"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
	"gatehouse/internal/tenant"
)

// unknown is said of what cannot be meant here, whatever it is.
func unknown(id int64) string {
	return `Invalid pk "` + strconv.FormatInt(id, 10) + `" - object does not exist.`
}

// person checks that somebody can be given what is in a workspace: their account
// lives, and in an organization they are a member of it. Jobs can also be given to
// outsiders whose group is worker. What is personal is its owner's alone, unless an
// administrator wants it otherwise: nobody finds things of strangers among their own.
// The checks hold the answer.
func (s *Service) person(ctx context.Context, r *rows, who session.Caller, c *scene, uid int64) (checks []store.Op, fits bool, err error) {
	if c.personal() && !who.Admin() && uid != c.workspace().UID {
		return nil, false, nil
	}
	keys := []store.Key{session.AuthorityKey(uid)}
	if !c.personal() {
		keys = append(keys, tenant.MemberKey(uid, c.View.ID))
	}
	items, err := r.get(ctx, keys...)
	if err != nil {
		return nil, false, err
	}
	a, err := session.Authorities.Of(items[0])
	if err != nil {
		return nil, false, err
	}
	fits = a.Status == session.Active
	if !c.personal() {
		m, err := tenant.Members.Of(items[1])
		if err != nil {
			return nil, false, err
		}
		fits = fits && (m.ID != 0 || c.kind == jobs && policy.PrivilegeOf(a.Groups) == policy.GroupWorker)
	}
	for _, it := range items {
		checks = append(checks, store.Check(it.Key, it.At()))
	}
	return checks, fits, nil
}
