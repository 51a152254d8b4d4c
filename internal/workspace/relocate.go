package workspace

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"gatehouse/internal/api"
	"gatehouse/internal/fault"
	"gatehouse/internal/session"
)

// relocation is a transfer in the form of the baseline: a change of organization_id.
// Beside it only the storages may be given anew.
type relocation struct {
	org            api.Opt[int64]
	sent           []string
	source, target api.Opt[json.RawMessage]
}

// relocate moves what a scene is about. Its cloud storages must be given anew, or match
// one at the destination.
func (s *Service) relocate(ctx context.Context, who session.Caller, c scene, in relocation, bad error) (*edit, error) {
	e := s.edit(ctx, who, c, s.rows(api.NearOf(ctx), api.NextOf(ctx)), bad)
	m, err := s.destination(ctx, e, in.org.Value)
	if err != nil {
		return nil, err
	}
	if err := m.judge(ctx); err != nil {
		return nil, err
	}
	if err := in.alone(); err != nil {
		return nil, err
	}
	if err := e.bad.Err(); err != nil {
		return nil, err
	}
	if m.same() {
		return e, m.stays(ctx)
	}
	if err := m.anew(ctx, in); err != nil {
		return nil, err
	}
	if err := m.prepare(ctx, AutoMatch); err != nil {
		return nil, err
	}
	if len(m.plan.Blockers) > 0 {
		return nil, m.refused()
	}
	err = m.commit(ctx)
	e.View = m.to
	return e, err
}

// alone refuses other fields.
func (in relocation) alone() error {
	var others []string
	for _, name := range in.sent {
		if name != "organization_id" && name != "source_storage" && name != "target_storage" {
			others = append(others, "'"+name+"'")
		}
	}
	switch {
	case slices.Contains(others, "'project_id'"):
		return nonField("A task cannot be moved into a project and into an organization at the same time")
	case len(others) > 0:
		slices.Sort(others)
		return nonField("Fields {" + strings.Join(others, ", ") + "} cannot be updated when transferring to another workspace")
	}
	return nil
}

func nonField(text string) error { return fault.Field("non_field_errors", text) }

// anew takes up storages of the destination.
func (m *move) anew(ctx context.Context, in relocation) error {
	there := *m.edit
	there.View = m.to
	source, target := m.after().places(m)
	source.Cloud, target.Cloud = 0, 0 // what they were is of where it was
	if err := there.places(ctx, &source, &target, in.source, in.target); err != nil {
		return err
	}
	if err := there.bad.Err(); err != nil {
		return err
	}
	m.checks = there.checks
	if in.source.Set {
		m.source = &source
	}
	if in.target.Set {
		m.target = &target
	}
	return nil
}

// places are where data comes from and goes to now.
func (t thing) places(m *move) (source, target Place) {
	if t.kind == projects {
		return m.project.Source, m.project.Target
	}
	return m.task.Source, m.task.Target
}

// refused words the first blocker as the baseline does.
func (m *move) refused() error {
	b := m.plan.Blockers[0]
	switch b.Code {
	case "not_at_the_top":
		return nonField(b.Detail)
	case "storage_unmatched", "storage_ambiguous":
		return fault.Invalid(b.Code, "Could not find a similar cloud storage in the new workspace")
	}
	return fault.New(403, b.Code, b.Detail)
}
