package workspace

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"gatehouse/internal/api"
	"gatehouse/internal/store"
)

// Sight is something as whoever asks the policy about it sees it.
type Sight struct {
	api.Question // without the scope; Org is nil if it is personal
	Room         // of its workspace
}

// Look reads things by kind and id, as one caller stands to them. Those that are not
// there are left out.
func (s *Service) Look(ctx context.Context, uid int64, asked map[string][]int64) (map[string]map[int64]Sight, error) {
	r := s.rows()
	var found []scene
	for _, kind := range slices.Sorted(maps.Keys(asked)) {
		some, err := s.scenes(ctx, r, uid, kind, slices.Clone(asked[kind]))
		if err != nil {
			return nil, err
		}
		found = append(found, some...)
	}
	var of []Scope
	for i := range found {
		of = append(of, found[i].workspace())
	}
	rooms, err := s.rooms(ctx, r, of)
	if err != nil {
		return nil, err
	}
	out := map[string]map[int64]Sight{}
	for i := range found {
		c := &found[i]
		if out[c.kind] == nil {
			out[c.kind] = map[int64]Sight{}
		}
		out[c.kind][c.id()] = Sight{c.question(""), rooms[c.workspace()]}
	}
	return out, nil
}

// workspace is whose limits hold for what a scene is about.
func (c *scene) workspace() Scope {
	if c.personal() {
		return Scope{UID: cmp.Or(c.top().Owner, c.after().Owner)}
	}
	return Scope{Org: c.View.ID}
}

// Room is what a workspace has left.
type Room struct {
	Over bool            // it holds more than its plan allows, and is read-only
	Full map[string]bool // kinds of which there can be no more
}

// Rooms says what workspaces have left. Without plans there is room for everything.
func (s *Service) Rooms(ctx context.Context, of ...Scope) (map[Scope]Room, error) {
	return s.rooms(ctx, s.rows(), of)
}

func (s *Service) rooms(ctx context.Context, r *rows, of []Scope) (map[Scope]Room, error) {
	out := map[Scope]Room{}
	if s.Plans == nil {
		return out, nil
	}
	var keys []store.Key
	for _, at := range of {
		if _, seen := out[at]; !seen {
			out[at] = Room{}
			keys = append(keys, standingKeys(at)...)
		}
	}
	if _, err := r.get(ctx, keys...); err != nil {
		return nil, err
	}
	for at := range out {
		st, err := s.standing(ctx, r, at)
		if err != nil {
			return nil, err
		}
		room := Room{st.over() != "", map[string]bool{}}
		for _, kind := range limited {
			most := st.plan.Most(kind)
			room.Full[kind] = most > 0 && st.used[kind] >= most
		}
		out[at] = room
	}
	return out, nil
}
