package workspace

import (
	"context"
	"slices"
	"strings"

	"gatehouse/internal/api"
	"gatehouse/internal/audit"
	"gatehouse/internal/session"
	"gatehouse/internal/store"
)

// CloudRequest names a cloud storage.
type CloudRequest struct {
	ID int64 `path:"id"`
}

// Near implements api.Near.
func (r CloudRequest) Near(int64) []store.Key { return []store.Key{CloudKey(r.ID)} }

// Next implements api.Next.
func (r CloudRequest) Next(uid int64, near []store.Item) ([]store.Key, error) {
	return leads(clouds, near[0], uid)
}

// CreateCloudRequest is the form of a new cloud storage. What opens it is sent as a
// reference to a secret that is kept elsewhere.
type CreateCloudRequest struct {
	api.Late
	Provider   string            `json:"provider_type" rule:"required,max=32"`
	Resource   string            `json:"resource" rule:"required,max=222"`
	Name       string            `json:"display_name" rule:"required,max=63"`
	Kind       string            `json:"credentials_type" rule:"required,max=32"`
	Secret     string            `json:"secret_ref" rule:"blank,max=512"`
	Attributes string            `json:"specific_attributes" rule:"blank,max=1024"`
	About      string            `json:"description" rule:"blank,max=2000"`
	Manifests  api.Opt[[]string] `json:"manifests" rule:"max=1024"`
}

// CreateCloud makes a cloud storage of the caller in the workspace of the request.
func (s *Service) CreateCloud(ctx context.Context, who session.Caller, in CreateCloudRequest) (CloudView, error) {
	c := s.begin(ctx, clouds)
	c.cloud = Cloud{Org: c.View.ID, Owner: who.UID}
	if err := s.judge(ctx, who, &c, "create"); err != nil {
		return CloudView{}, err
	}
	var before made
	if api.Prior(ctx, &before) {
		return s.cloudAgain(ctx, who, before.ID)
	}
	e := s.edit(ctx, who, c, s.rows(), in.Invalid())
	v := &e.cloud
	set := func(s string) api.Opt[string] { return api.Opt[string]{Set: true, Value: s} }
	e.word("provider_type", providers, &v.Provider, set(in.Provider))
	e.word("credentials_type", credentials, &v.Kind, set(in.Kind))
	e.text("resource", &v.Resource, set(in.Resource))
	e.text("display_name", &v.Name, set(in.Name))
	v.Secret, v.Attributes, v.About, v.Created, v.Updated = in.Secret, in.Attributes, in.About, e.now, e.now
	e.manifests(in.Manifests)
	if err := e.bad.Err(); err != nil {
		return CloudView{}, err
	}
	v.ID = store.NewID(api.From(ctx).Now)
	most, err := e.room(ctx)
	if err != nil {
		return CloudView{}, err
	}
	ops, err := e.save(ctx, most)
	if err != nil {
		return CloudView{}, err
	}
	if err := e.commit(ctx, "create", append(ops, api.Done(ctx, made{v.ID})...)...); err != nil {
		return CloudView{}, err
	}
	return s.showCloud(ctx, e.rows, e.scene)
}

// maxManifests bounds the manifests of a cloud storage.
const maxManifests = 50

func (e *edit) manifests(sent api.Opt[[]string]) {
	if !sent.Set || e.bad.Has("manifests") || slices.Equal(sent.Value, e.cloud.Manifests) {
		return
	}
	if len(sent.Value) > maxManifests {
		e.bad.Add("manifests", "Ensure this field has no more than 50 elements.")
		return
	}
	e.note("manifests", strings.Join(e.cloud.Manifests, " "), strings.Join(sent.Value, " "))
	e.cloud.Manifests = sent.Value
}

func (s *Service) cloudAgain(ctx context.Context, who session.Caller, id int64) (CloudView, error) {
	c, err := s.again(ctx, who, clouds, id)
	if err != nil {
		return CloudView{}, err
	}
	return s.showCloud(ctx, s.rows(), c)
}

func (s *Service) showCloud(ctx context.Context, r *rows, c scene) (CloudView, error) {
	h, err := s.shelve(ctx, r, c)
	return h.cloud(&c), err
}

// GetCloud is one cloud storage.
func (s *Service) GetCloud(ctx context.Context, who session.Caller, in CloudRequest) (CloudView, error) {
	c, err := s.found(ctx, who, clouds, in.ID, "view")
	if err != nil {
		return CloudView{}, err
	}
	return s.showCloud(ctx, s.rows(), c)
}

// UpdateCloudRequest changes a cloud storage.
type UpdateCloudRequest struct {
	api.Late
	api.Names
	ID         int64             `path:"id"`
	Resource   api.Opt[string]   `json:"resource" rule:"max=222"`
	Name       api.Opt[string]   `json:"display_name" rule:"max=63"`
	Kind       api.Opt[string]   `json:"credentials_type" rule:"max=32"`
	Secret     api.Opt[string]   `json:"secret_ref" rule:"blank,max=512"`
	Attributes api.Opt[string]   `json:"specific_attributes" rule:"blank,max=1024"`
	About      api.Opt[string]   `json:"description" rule:"blank,max=2000"`
	Manifests  api.Opt[[]string] `json:"manifests" rule:"max=1024"`
}

// Near implements api.Near.
func (r UpdateCloudRequest) Near(uid int64) []store.Key { return CloudRequest{r.ID}.Near(uid) }

// Next implements api.Next.
func (r UpdateCloudRequest) Next(uid int64, near []store.Item) ([]store.Key, error) {
	return CloudRequest{r.ID}.Next(uid, near)
}

// UpdateCloud changes a cloud storage.
func (s *Service) UpdateCloud(ctx context.Context, who session.Caller, in UpdateCloudRequest) (CloudView, error) {
	c, err := s.found(ctx, who, clouds, in.ID, "update")
	if err != nil {
		return CloudView{}, err
	}
	e := s.edit(ctx, who, c, s.rows(api.NearOf(ctx), api.NextOf(ctx)), in.Invalid())
	v := &e.cloud
	e.text("resource", &v.Resource, in.Resource)
	e.text("display_name", &v.Name, in.Name)
	e.word("credentials_type", credentials, &v.Kind, in.Kind)
	e.text("specific_attributes", &v.Attributes, in.Attributes)
	e.text("description", &v.About, in.About)
	if in.Secret.Set && in.Secret.Value != v.Secret {
		e.changes["secret_ref"] = audit.Change{} // that it changed, not what it is
		v.Secret = in.Secret.Value
	}
	e.manifests(in.Manifests)
	if err := e.bad.Err(); err != nil {
		return CloudView{}, err
	}
	if len(e.changes) == 0 {
		return s.showCloud(ctx, e.rows, e.scene)
	}
	v.Updated = e.now
	if err := e.writable(ctx); err != nil {
		return CloudView{}, err
	}
	ops, err := e.save(ctx, nil)
	if err != nil {
		return CloudView{}, err
	}
	if err := e.commit(ctx, "update", ops...); err != nil {
		return CloudView{}, err
	}
	return s.showCloud(ctx, e.rows, e.scene)
}

// DeleteCloud removes a cloud storage. What uses it says from then on that it is gone.
func (s *Service) DeleteCloud(ctx context.Context, who session.Caller, in CloudRequest) (struct{}, error) {
	return struct{}{}, s.delete(ctx, who, clouds, in.ID)
}
