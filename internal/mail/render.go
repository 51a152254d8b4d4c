package mail

import (
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Kinds of messages. After each, the fields of Data that it needs beside To.
// Each is a file in templates/.
const (
	KindConfirm           = "confirm"            // confirm the address of a new account: Username, Link, Valid
	KindExists            = "exists"             // somebody signed up with the address of an account: Link (to sign in), Reset
	KindReset             = "reset"              // choose a new password: Username, Link, Valid
	KindPasswordChanged   = "password-changed"   // by the signed-in owner: Username, When, Reset
	KindPasswordReset     = "password-reset"     // through a mailed link: Username, When, Link (to sign in), Reset
	KindNewDevice         = "new-device"         // first sign-in from a browser: Username, When, Device, Network, Link (to the sessions), Reset
	KindEmailConfirm      = "email-confirm"      // to the new address, which it confirms: Username, Link, Valid
	KindEmailChanged      = "email-changed"      // to the old address: Username, When, Link (to undo it), Valid
	KindEmailTaken        = "email-taken"        // somebody tried to change to the address of an account: Link (to sign in), Reset
	KindDeletion          = "deletion"           // the account is disabled: Username, When (it is erased), Link (to take it back)
	KindDeletionCancelled = "deletion-cancelled" // and enabled again: Username, Link (to sign in), Reset
	KindRefreshReuse      = "refresh-reuse"      // a sign-in was ended because an old token came again: Username, When, Device, Network, Link (to the sessions), Reset
	KindInvitation        = "invitation"         // to join an organization: Inviter (unless gone), Org, Slug, Role, Link (to accept), Valid
	KindOwnershipOffer    = "ownership-offer"    // to become the owner of one: Username, Inviter (who owns it), Org, Slug, Link (to accept), Valid
	KindOwnershipChanged  = "ownership-changed"  // to the former owner: Username, Org, Slug, When, Link (to the organization), Reset
	KindMemberRemoved     = "member-removed"     // from an organization: Username, Org, Slug, When
	KindUnassigned        = "work-unassigned"    // from something that moved: Username, Kind, Item, When
)

// Site is the installation as its mails present it. It comes from the
// configuration, never from a request.
type Site struct {
	Name    string // at most 80 characters
	BaseURL string // e.g. https://gatehouse.example; every link begins with it
	Support string // an address or page for questions; may be empty
}

// Data is what a message says. Kinds use different parts of it. Texts other
// than links are shown as tame makes them, whoever chose them.
type Data struct {
	To       string        // the one recipient, as stored
	Username string        // of the account
	Device   string        // what the browser says it is; "" is shown as unknown
	Network  string        // where from, e.g. 203.0.113.0/24; "" is shown as unknown
	When     time.Time     // when it happened or will happen; shown in UTC
	Valid    time.Duration // how long Link works
	Link     string        // where the button leads
	Reset    string        // the page that mails a link for a new password
	Org      string        // the name that an organization shows
	Slug     string        // its short name
	Inviter  string        // the user name of whoever invites or offers
	Role     string        // what an invitation makes of its reader, e.g. worker
	Kind     string        // of something that people work on, e.g. task
	Item     string        // its name
}

// ErrRender says (wrapped) that a message cannot be made of what was given.
var ErrRender = errors.New("mail: cannot render")

// Render makes the message of a kind, without ID, Tag and From, which the Worker
// sets. It refuses, with ErrRender, an unknown kind, a recipient that is not
// exactly one address, a link that does not lead to the site, and data that lack
// something the kind needs.
//
// Subjects are fixed texts; they hold nothing that a user chose.
func Render(kind string, site Site, data Data) (Message, error) {
	l, ok := letters()[kind]
	if !ok {
		return Message{}, fmt.Errorf("%w: no kind %.40q", ErrRender, kind)
	}
	v, err := values(site, data)
	if err != nil {
		return Message{}, fmt.Errorf("%w: %s: %w", ErrRender, kind, err)
	}
	m, err := l.write(v)
	if err != nil {
		return Message{}, fmt.Errorf("%w: %s: %w", ErrRender, kind, err)
	}
	m.Kind, m.To = kind, data.To
	return m, nil
}

// OneAddress reports whether s is exactly one bare address: no display name, no
// list, no comment, nothing that could end a header line.
func OneAddress(s string) bool {
	if strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(`,;:<>()[]"\`, r)
	}) {
		return false
	}
	a, err := mail.ParseAddress(s)
	return err == nil && a.Name == "" && a.Address == s && len(s) <= 254
}

// values are what templates may name. What was not given is missing, so that a
// template that needs it fails instead of showing a gap.
func values(site Site, d Data) (map[string]string, error) {
	base := strings.TrimSuffix(site.BaseURL, "/")
	u, err := url.Parse(base)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || !plainURL(base):
		return nil, fmt.Errorf("base URL %q", site.BaseURL)
	case site.Name == "" || len([]rune(site.Name)) > maxShown || hasControls(site.Name) || hasControls(site.Support):
		return nil, fmt.Errorf("site %q with support %q", site.Name, site.Support)
	case !OneAddress(d.To):
		return nil, errors.New("the recipient is not one address")
	}
	v := map[string]string{
		"Site": site.Name, "BaseURL": base, "Support": site.Support,
		"Device": tame(d.Device), "Network": tame(d.Network),
	}
	for _, name := range []string{"Device", "Network"} {
		if v[name] == "" {
			v[name] = "unknown"
		}
	}
	for name, value := range map[string]string{"Username": d.Username, "Org": d.Org, "Slug": d.Slug, "Inviter": d.Inviter, "Role": d.Role, "Kind": d.Kind, "Item": d.Item} {
		if value = tame(value); value != "" {
			v[name] = value
		}
	}
	if !d.When.IsZero() {
		v["When"] = d.When.UTC().Format("2 January 2006, 15:04 UTC")
		v["Day"] = d.When.UTC().Format("2 January 2006")
	}
	if d.Valid > 0 {
		v["Valid"] = span(d.Valid)
	}
	for name, link := range map[string]string{"Link": d.Link, "Reset": d.Reset} {
		if link == "" {
			continue
		}
		if !strings.HasPrefix(link, base+"/") || !plainURL(link) {
			return nil, fmt.Errorf("%s does not lead to the site", name) // not quoted: it holds a secret
		}
		v[name] = link
	}
	return v, nil
}

func hasControls(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.In(r, unicode.C, unicode.Zl, unicode.Zp) })
}

// plainURL reports whether s has only characters that a URL may have, and that
// no mail program takes for the end of one.
func plainURL(s string) bool {
	return len(s) <= 1000 && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("\"<>\\^`{|}", r) })
}

// span says a duration in the unit that people would use.
func span(d time.Duration) string {
	n, unit := int(d.Round(time.Minute)/time.Minute), "minute"
	switch {
	case n%(24*60) == 0 && n > 24*60:
		n, unit = n/(24*60), "day"
	case n%60 == 0:
		n, unit = n/60, "hour"
	}
	if n != 1 {
		unit += "s"
	}
	return strconv.Itoa(n) + " " + unit
}
