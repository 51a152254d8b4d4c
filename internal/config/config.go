// Package config owns the settings of an installation: their names, defaults,
// forms, and where each value came from.
//
// A setting is an environment variable; a few are flags of `gatehouse serve` as
// well, and then the flag wins. What is wrong stops the start and is said with
// the name of the setting, what it holds and what would be right. Secrets are
// never settings themselves: settings say where they are kept.
package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gatehouse/internal/account"
	"gatehouse/internal/jwt"
	"gatehouse/internal/mail"
	"gatehouse/internal/password"
	"gatehouse/internal/plan"
)

// Config is an installation's settings.
type Config struct {
	Listen         string
	Data           string
	BaseURL        *url.URL
	Production     bool
	Store          string // sqlite, or dynamodb:<table>
	RootKey        string // file:<path>, secretsmanager:<id>
	Verification   string
	BasicAuth      bool
	RateLimits     bool
	Mail           string // mailbox or ses
	MailFrom       string
	SESConfigSet   string
	SiteName       string
	Support        string
	Agreements     []account.Agreement
	Issuers        []jwt.Issuer
	TrustedOrigins []string
	PasswordMin    int
	HashMemory     int // KiB
	HashTime       int
	HashSlots      int
	ProxyHops      int
	InviteConfirm  bool
	InviteDays     int
	Transfer       bool   // of ownership
	Creators       string // group that may create organizations
	Billing        string // off or simulated
	Plans          *plan.Plans
	PolicyDir      string
	PolicyTable    string

	values []Value
}

// Value is one setting as it was read.
type Value struct {
	Name, Value, From, Help string
}

// Values are all settings, for people.
func (c *Config) Values() []Value { return c.values }

// setting is one row of the table of settings.
type setting struct {
	name string
	def  string
	alts []string // other names of the same setting, of CVAT
	help string
	set  func(c *Config, s string) error
}

const (
	want    = "expected "
	rootKey = "GATEHOUSE_ROOT_KEY"
	hidden  = "[hidden]"

	billingOff = "off"
)

func oneOf(p func(*Config) *string, options ...string) func(*Config, string) error {
	return func(c *Config, s string) error {
		if !slices.Contains(options, s) {
			return errors.New(want + strings.Join(options, ", "))
		}
		*p(c) = s
		return nil
	}
}

func onOff(p func(*Config) *bool) func(*Config, string) error {
	return func(c *Config, s string) error {
		switch s {
		case "on", "yes", "true", "1":
			*p(c) = true
		case "off", "no", "false", "0":
			*p(c) = false
		default:
			return errors.New(want + "on or off")
		}
		return nil
	}
}

func text(p func(*Config) *string, check func(string) error) func(*Config, string) error {
	return func(c *Config, s string) error {
		*p(c) = s
		return check(s)
	}
}

func number(p func(*Config) *int, min, max int) func(*Config, string) error {
	return func(c *Config, s string) error {
		n, err := strconv.Atoi(s)
		if err != nil || n < min || n > max {
			return fmt.Errorf("%sa number from %d to %d", want, min, max)
		}
		*p(c) = n
		return nil
	}
}

// content is a value, or what is in the file that it names with an @.
func content(s string) (string, error) {
	name, ok := strings.CutPrefix(s, "@")
	if !ok {
		return s, nil
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return "", fmt.Errorf("the file cannot be read: %w", err)
	}
	return string(b), nil
}

func plans(c *Config, s string) error {
	s, err := content(s)
	if err != nil {
		return err
	}
	if c.Plans = plan.Shipped(); strings.TrimSpace(s) == "" {
		return nil
	}
	if c.Plans, err = plan.Parse([]byte(s)); err != nil {
		return fmt.Errorf("%splans, or @ and the name of a file with them: %w", want, err)
	}
	return nil
}

func jsonList[T any](p func(*Config) *[]T, form string) func(*Config, string) error {
	return func(c *Config, s string) error {
		s, err := content(s)
		if err != nil || strings.TrimSpace(s) == "" {
			return err
		}
		d := json.NewDecoder(strings.NewReader(s))
		d.DisallowUnknownFields()
		err = d.Decode(p(c))
		if _, more := d.Token(); err == nil && more != io.EOF {
			err = errors.New("more follows after the list")
		}
		if err != nil {
			return fmt.Errorf("%s%s, or @ and the name of a file with it: %w", want, form, err)
		}
		return nil
	}
}

func anything(string) error { return nil }

func hostPort(s string) error {
	if _, _, err := net.SplitHostPort(s); err != nil {
		return errors.New(want + "host:port, as in 127.0.0.1:8080")
	}
	return nil
}

func display(s string) error {
	if s == "" || utf8.RuneCountInString(s) > 60 || strings.ContainsAny(s, "\r\n") {
		return errors.New(want + "one line of 1 to 60 characters")
	}
	return nil
}

func address(s string) error {
	if !mail.OneAddress(s) {
		return errors.New(want + "one mail address, as in no-reply@example.com")
	}
	return nil
}

// settings is the table. The order is that in which they are shown.
func settings() []setting {
	return []setting{
		{"GATEHOUSE_LISTEN", "127.0.0.1:8080", nil, "address that the server listens on", text(func(c *Config) *string { return &c.Listen }, hostPort)},
		{"GATEHOUSE_DATA", "./.gatehouse", nil, "folder of the embedded store and the root key", text(func(c *Config) *string { return &c.Data }, anything)},
		{"GATEHOUSE_BASE_URL", "", []string{"CVAT_BASE_URL", "CVAT_HOST"}, "where people reach the installation; http:// and the listen address unless set", setBase},
		{"GATEHOUSE_PRODUCTION", "off", nil, "refuse what is for laptops only: /_dev, limits off, Basic by default", onOff(func(c *Config) *bool { return &c.Production })},
		{"GATEHOUSE_STORE", "sqlite", nil, "sqlite, or dynamodb:<table>", text(func(c *Config) *string { return &c.Store }, storeForm)},
		{rootKey, "", nil, "where the root secret is: file:<path> or secretsmanager:<arn>; <data>/root.key unless set", text(func(c *Config) *string { return &c.RootKey }, rootForm)},
		{"GATEHOUSE_EMAIL_VERIFICATION", account.VerifyMandatory, nil, "none, optional or mandatory: whether sign-in needs a confirmed address", oneOf(func(c *Config) *string { return &c.Verification }, account.VerifyNone, account.VerifyOptional, account.VerifyMandatory)},
		{"GATEHOUSE_BASIC_AUTH", "", nil, "accept Basic on every request; on unless in production", basic},
		{"GATEHOUSE_RATE_LIMITS", "on", nil, "off for load tests only; refused in production", onOff(func(c *Config) *bool { return &c.RateLimits })},
		{"GATEHOUSE_MAIL", "mailbox", nil, "mailbox (a page at /_dev/mail) or ses", oneOf(func(c *Config) *string { return &c.Mail }, "mailbox", "ses")},
		{"GATEHOUSE_MAIL_FROM", "gatehouse@localhost.localdomain", nil, "sender of all mails", text(func(c *Config) *string { return &c.MailFrom }, address)},
		{"GATEHOUSE_SES_CONFIGURATION_SET", "", nil, "SES configuration set whose events report bounces", text(func(c *Config) *string { return &c.SESConfigSet }, anything)},
		{"GATEHOUSE_SITE_NAME", "Gatehouse", nil, "name of the installation in mails and pages", text(func(c *Config) *string { return &c.SiteName }, display)},
		{"GATEHOUSE_SUPPORT", "", nil, "address or page for questions", text(func(c *Config) *string { return &c.Support }, anything)},
		{"GATEHOUSE_AGREEMENTS", "", nil, `what people accept: [{"name","url","required","text"}], or @file`, jsonList(func(c *Config) *[]account.Agreement { return &c.Agreements }, `a JSON list of {"name","url","required","text"}`)},
		{"GATEHOUSE_TOKEN_ISSUERS", "", nil, `issuers whose access tokens are accepted: [{"url","kind":"oidc"|"cognito","audiences":[…],"provision"}], or @file`, jsonList(func(c *Config) *[]jwt.Issuer { return &c.Issuers }, `a JSON list of {"url","kind","audiences","provision"}`)},
		{"GATEHOUSE_TRUSTED_ORIGINS", "", nil, "further origins that may call with the session cookie, separated by commas", origins},
		{"GATEHOUSE_INVITATION_CONFIRM", "yes", []string{"ORG_INVITATION_CONFIRM"}, "no: whoever has an account is a member as soon as they are invited, and the inviter sees whose account it is", onOff(func(c *Config) *bool { return &c.InviteConfirm })},
		{"GATEHOUSE_INVITATION_EXPIRY_DAYS", "7", []string{"ORG_INVITATION_EXPIRY_DAYS"}, "how long an invitation is good for, from when it was last sent", number(func(c *Config) *int { return &c.InviteDays }, 1, 365)},
		{"GATEHOUSE_ORGANIZATIONS_MIN_ROLE_TO_CREATE", "user", []string{"CVAT_ORGANIZATIONS_MIN_ROLE_TO_CREATE", "ORGANIZATIONS_MIN_ROLE_TO_CREATE"}, "worker, user or admin: the group that may create organizations, and those above it", oneOf(func(c *Config) *string { return &c.Creators }, "worker", "user", "admin")},
		{"GATEHOUSE_OWNERSHIP_TRANSFER", "off", nil, "on: owners may hand their organization over to a member who accepts it", onOff(func(c *Config) *bool { return &c.Transfer })},
		{"GATEHOUSE_BILLING", billingOff, nil, "off: no plans and no limits; simulated: plans with their limits, and nothing is paid", oneOf(func(c *Config) *string { return &c.Billing }, billingOff, "simulated")},
		{"GATEHOUSE_PLANS", "", nil, `what each plan allows: {"default","plans":[{"id","name","for","limits"}]}, or @file; Free, Solo and Team unless set`, plans},
		{"POLICY_DIR", "", nil, "folder of .rego files that replaces the rules; compiled when the server starts", text(func(c *Config) *string { return &c.PolicyDir }, anything)},
		{"GATEHOUSE_POLICY_TABLE", "", nil, "file that gatehouse policy compile made of such a folder, for functions", text(func(c *Config) *string { return &c.PolicyTable }, anything)},
		{"GATEHOUSE_PASSWORD_MIN_LENGTH", "8", nil, "code points; 15 is recommended without a second factor", number(func(c *Config) *int { return &c.PasswordMin }, 8, 64)},
		{"GATEHOUSE_HASH_MEMORY_KIB", strconv.Itoa(int(password.Default.MemoryKiB)), nil, "argon2id memory", number(func(c *Config) *int { return &c.HashMemory }, 12*1024, 256*1024)},
		{"GATEHOUSE_HASH_TIME", strconv.Itoa(int(password.Default.Time)), nil, "argon2id passes", number(func(c *Config) *int { return &c.HashTime }, 1, 10)},
		{"GATEHOUSE_HASH_SLOTS", "2", nil, "password hashes computed at once; each takes its memory", number(func(c *Config) *int { return &c.HashSlots }, 1, 64)},
		{"GATEHOUSE_TRUST_PROXY_HOPS", "0", nil, "reverse proxies in front that append to X-Forwarded-For", number(func(c *Config) *int { return &c.ProxyHops }, 0, 5)},
	}
}

func storeForm(s string) error {
	if t, ok := strings.CutPrefix(s, "dynamodb:"); s != "sqlite" && (!ok || t == "") {
		return errors.New(want + "sqlite or dynamodb:<table>")
	}
	return nil
}

func rootForm(s string) error {
	kind, place, _ := strings.Cut(s, ":")
	if s != "" && (place == "" || kind != "file" && kind != "secretsmanager") {
		return errors.New(want + "file:<path> or secretsmanager:<arn>")
	}
	return nil
}

func basic(c *Config, s string) error {
	if s == "" {
		c.BasicAuth = !c.Production
		return nil
	}
	return onOff(func(c *Config) *bool { return &c.BasicAuth })(c, s)
}

func setBase(c *Config, s string) error {
	if s == "" {
		s = "http://" + c.Listen
		if host, port, err := net.SplitHostPort(c.Listen); err == nil && (host == "127.0.0.1" || host == "::1") {
			s = "http://localhost:" + port
		}
	}
	if !strings.Contains(s, "://") {
		s = "http://" + s
	}
	u, err := url.Parse(strings.TrimSuffix(s, "/"))
	if err != nil || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		return errors.New(want + "scheme and host, as in https://id.example.com")
	}
	u.Host = strings.ToLower(u.Host)
	c.BaseURL = u
	return nil
}

func origins(c *Config, s string) error {
	for _, o := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' }) {
		u, err := url.Parse(o)
		if err != nil || u.Host == "" || u.Scheme+"://"+u.Host != o || u.Scheme != "http" && u.Scheme != "https" {
			return errors.New(want + "origins as in https://app.example.com")
		}
		c.TrustedOrigins = append(c.TrustedOrigins, o)
	}
	return nil
}

// Read reads all settings. flags are those given on the command line, by the name
// of their setting. Every wrong setting is in the error.
func Read(getenv func(string) (string, bool), flags map[string]string) (*Config, error) {
	c := &Config{}
	var errs []error
	for _, s := range settings() {
		v, from := s.def, "default"
		for _, name := range append([]string{s.name}, s.alts...) {
			if e, ok := getenv(name); ok && e != "" {
				v, from = e, "environment "+name
				break
			}
		}
		if f, ok := flags[s.name]; ok {
			v, from = f, "flag"
		}
		if err := s.set(c, v); err != nil {
			if s.name == rootKey && len(v) >= 32 { // it may be the secret itself
				v, c.RootKey = hidden, ""
			}
			errs = append(errs, fmt.Errorf("%s is %q (%s): %w", s.name, v, from, err))
		}
		c.values = append(c.values, Value{s.name, v, from, s.help})
	}
	if len(errs) == 0 {
		errs = c.check()
	}
	return c, errors.Join(errs...)
}

// check judges settings against each other.
func (c *Config) check() (errs []error) {
	bad := func(format string, a ...any) { errs = append(errs, fmt.Errorf(format, a...)) }
	if c.Production && !c.RateLimits {
		bad("GATEHOUSE_RATE_LIMITS is off: not in production; expected on")
	}
	if c.Production && c.Mail == "mailbox" {
		bad("GATEHOUSE_MAIL is mailbox: in production nobody could read it; expected ses")
	}
	if c.Production && c.BaseURL.Scheme != "https" && !loopback(c.BaseURL.Hostname()) {
		bad("GATEHOUSE_BASE_URL is %q: passwords would cross the network in the clear; expected https://…", c.BaseURL)
	}
	if c.PolicyDir != "" && c.PolicyTable != "" {
		bad("POLICY_DIR is %q and GATEHOUSE_POLICY_TABLE is %q: expected one of them", c.PolicyDir, c.PolicyTable)
	}
	if err := c.HashParams().Validate(); err != nil {
		bad("GATEHOUSE_HASH_MEMORY_KIB is %d and GATEHOUSE_HASH_TIME is %d: %w", c.HashMemory, c.HashTime, err)
	}
	for i, iss := range c.Issuers {
		iss.AllowLoopback = !c.Production && c.Loopback()
		c.Issuers[i] = iss
		if err := iss.Validate(); err != nil {
			bad("GATEHOUSE_TOKEN_ISSUERS[%d]: %w", i, err)
		}
		if iss.URL == c.BaseURL.String() {
			bad("GATEHOUSE_TOKEN_ISSUERS[%d].url is this installation itself; its own tokens need no entry", i)
		}
	}
	for i, a := range c.Agreements {
		if a.Name == "" || a.Text == "" {
			bad("GATEHOUSE_AGREEMENTS[%d]: expected a name and a text", i)
		}
	}
	return errs
}

// Limits are the plans that limit what there is; nil without billing.
func (c *Config) Limits() *plan.Plans {
	if c.Billing == billingOff {
		return nil
	}
	return c.Plans
}

// HashParams are the parameters of new password hashes.
func (c *Config) HashParams() password.Params {
	p := password.Default
	p.MemoryKiB, p.Time = uint32(c.HashMemory), uint32(c.HashTime)
	return p
}

// Loopback reports whether people reach the installation on this machine only.
func (c *Config) Loopback() bool { return loopback(c.BaseURL.Hostname()) }

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Unknown are the variables of an environment ("NAME=value") that look like
// settings and are none: most likely misspelt.
func Unknown(environ []string) (names []string) {
	for _, e := range environ {
		name, _, _ := strings.Cut(e, "=")
		if !strings.HasPrefix(name, "GATEHOUSE_") || name == "GATEHOUSE_CACHE" || strings.HasPrefix(name, "GATEHOUSE_TEST_") || strings.HasPrefix(name, "GATEHOUSE_REQUIRE_") {
			continue
		}
		if !slices.ContainsFunc(settings(), func(s setting) bool { return s.name == name }) {
			names = append(names, name)
		}
	}
	return names
}
