package web

import (
	"slices"
	"strings"

	"gatehouse/internal/api"
)

// What the flow cookie carries from one page to the next, before a blank: the
// secret of a mail link under the name of the link, or one of these.
const (
	flowNotice = "notice" // key of a text that the next page shows once
	flowSent   = "sent"   // address that a registration was mailed to
	flowAgain  = "again"  // address that the confirmation was asked for again
	flowAsked  = "asked"  // address that a reset was asked for
)

// maxSecret bounds what is taken from the address of a mail link.
const maxSecret = 200

// notices are the texts that the flow cookie may name. It is the browser's to
// send, so what it says is chosen from here.
func notices() []string {
	return []string{"verify.done", "change.done", "undo.done", "deletion.done", "reset.done", "register.done", "logout.done", "end.one", "end.others",
		"organization.accepted", "organization.declined", "organization.withdrawn"}
}

// carried reads the flow cookie: its value, if it is of that kind.
func carried(r *api.Request, kind string) string {
	name, value, _ := strings.Cut(api.Flow(r), " ")
	if name != kind || len(value) > 2*maxSecret {
		return ""
	}
	return value
}

// notice is the text that a page before this one left to be shown.
func notice(r *api.Request) string {
	if n := carried(r, flowNotice); slices.Contains(notices(), n) {
		return n
	}
	return ""
}

// leave goes to another page, which then shows a notice.
func leave(to, notice string, sets ...api.SetsCookies) *api.PageAnswer {
	return &api.PageAnswer{Location: to, Flow: flowNotice + " " + notice, Sets: sets}
}

// showing is a page that shows the notice left for it, once.
func (p *Pages) showing(r *api.Request, name string, v view) (*api.PageAnswer, error) {
	v.Notice = notice(r)
	a, err := p.showForm(name, v)
	if err == nil && v.Notice != "" {
		a.ClearFlow = true
	}
	return a, err
}
