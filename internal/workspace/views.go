package workspace

import (
	"gatehouse/internal/api"
	"gatehouse/internal/profile"
)

// Storage is a Place as clients see it.
type Storage struct {
	ID       int64  `json:"id"`
	Location string `json:"location"` // local or cloud_storage
	Cloud    *int64 `json:"cloud_storage_id"`
}

// Link leads to what belongs to something.
type Link struct {
	URL string `json:"url"`
}

// Summary is Link with how many there are.
type Summary struct {
	Count int64  `json:"count"`
	URL   string `json:"url"`
}

// JobsSummary says how far the jobs of a task are.
type JobsSummary struct {
	Summary
	Completed  int64 `json:"completed"`
	Validation int64 `json:"validation"`
}

// common is what projects and tasks show alike.
type common struct {
	URL      string         `json:"url"`
	ID       int64          `json:"id"`
	Name     string         `json:"name"`
	Owner    *profile.Basic `json:"owner"`
	Assignee *profile.Basic `json:"assignee"`
	Assigned api.Time       `json:"assignee_updated_date"`
	Tracker  string         `json:"bug_tracker"`
	Created  api.Time       `json:"created_date"`
	Updated  api.Time       `json:"updated_date"`
	Status   string         `json:"status"`
	Org      *int64         `json:"organization"`
	OrgID    *int64         `json:"organization_id"`
	Source   *Storage       `json:"source_storage"`
	Target   *Storage       `json:"target_storage"`
	Labels   Link           `json:"labels"`
}

// ProjectView is a project as clients see it.
type ProjectView struct {
	common
	Tasks Summary `json:"tasks"`
}

// TaskView is a task as clients see it.
type TaskView struct {
	common
	Project     *int64      `json:"project_id"`
	ProjectName *string     `json:"project_name"`
	Subset      string      `json:"subset"`
	Data        *int64      `json:"data_cloud_storage_id"`
	Jobs        JobsSummary `json:"jobs"`
}

// JobView is a job as clients see it.
type JobView struct {
	URL         string         `json:"url"`
	ID          int64          `json:"id"`
	Task        int64          `json:"task_id"`
	TaskName    *string        `json:"task_name"`
	Project     *int64         `json:"project_id"`
	ProjectName *string        `json:"project_name"`
	Assignee    *profile.Basic `json:"assignee"`
	Assigned    api.Time       `json:"assignee_updated_date"`
	Tracker     *string        `json:"bug_tracker"`
	Type        string         `json:"type"`
	Stage       string         `json:"stage"`
	State       string         `json:"state"`
	Status      string         `json:"status"`
	Created     api.Time       `json:"created_date"`
	Updated     api.Time       `json:"updated_date"`
	Org         *int64         `json:"organization"`
	Source      *Storage       `json:"source_storage"`
	Target      *Storage       `json:"target_storage"`
	Issues      Summary        `json:"issues"`
	Labels      Link           `json:"labels"`
}

// CloudView is a cloud storage as clients see it. What opens it is never shown.
type CloudView struct {
	ID         int64          `json:"id"`
	Provider   string         `json:"provider_type"`
	Resource   string         `json:"resource"`
	Name       string         `json:"display_name"`
	Kind       string         `json:"credentials_type"`
	Owner      *profile.Basic `json:"owner"`
	Manifests  []string       `json:"manifests"`
	Created    api.Time       `json:"created_date"`
	Updated    api.Time       `json:"updated_date"`
	Attributes string         `json:"specific_attributes"`
	About      string         `json:"description"`
	Org        *int64         `json:"organization"`
	OrgID      *int64         `json:"organization_id"`
}
