package fault

// Event is the name under which the log tells of a refusal. The line of a request
// has at most one.
type Event string

// The events of refusals. internal/doc.go lists them, with all others.
const (
	SignInFailed          Event = "sign_in_failed"
	SignInUnverified      Event = "sign_in_unverified"
	PasswordWrong         Event = "password_wrong"
	LinkRefused           Event = "link_refused"
	RefreshRefused        Event = "refresh_refused"
	RefreshReused         Event = "refresh_reused"
	AuthenticationRefused Event = "authentication_refused"
	PermissionRefused     Event = "permission_refused"
	CrossSiteRefused      Event = "cross_site_refused"
	LimitReached          Event = "limit_reached"
	RequestFailed         Event = "request_failed"
)

// Logged is the event of a refusal: its own, or that of its status. What somebody
// mistyped has none.
func (f *Fault) Logged() Event {
	switch {
	case f.Event != "":
		return f.Event
	case f.Status == 401:
		return AuthenticationRefused
	case f.Status == 403:
		return PermissionRefused
	case f.Status == 429:
		return LimitReached
	case f.Status >= 500:
		return RequestFailed
	}
	return ""
}

// Noted gives the fault an event of its own.
func (f *Fault) Noted(e Event) *Fault {
	f.Event = e
	return f
}

// Refused is Field for what matters to security: the log tells of it as e.
func Refused(e Event, name, message string) error {
	return Of(Field(name, message)).Noted(e)
}
