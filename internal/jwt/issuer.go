package jwt

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"gatehouse/internal/outbound"
)

// Kind says which rules the tokens of an issuer follow.
type Kind string

const (
	// OIDC is any issuer with OpenID Connect discovery whose access tokens name
	// their audience.
	OIDC Kind = "oidc"
	// Cognito is an Amazon Cognito user pool. Its access tokens name the client
	// instead of an audience.
	Cognito Kind = "cognito"
)

const (
	defaultLeeway = time.Minute
	maxLeeway     = 5 * time.Minute
)

// Issuer configures one foreign issuer.
type Issuer struct {
	// URL is the exact value of iss, with or without a slash at the end, just as
	// the issuer writes it.
	URL  string
	Kind Kind
	// Audiences lists the accepted values of aud; for Cognito, the client ids.
	// A token for several audiences must also name an accepted one as azp.
	Audiences []string
	// Algorithms defaults to RS256, ES256, EdDSA and PS256; for Cognito, which
	// uses no other, to RS256.
	Algorithms []string
	// Provision is handed through: whether an unknown subject gets an account.
	Provision bool
	// JWKSURL is where the keys are, if not where discovery says. It may be on
	// another host than the issuer, which discovery may not.
	JWKSURL string
	// Leeway for the issuer's clock. Zero means one minute.
	Leeway time.Duration
	// AllowLoopback permits http for addresses of this machine, for development
	// and tests.
	AllowLoopback bool
}

// Validate checks the settings. The error names the setting and what it expects.
func (i Issuer) Validate() error {
	problem := func(setting, expected string) error {
		return fmt.Errorf("issuer %q: %s: expected %s", i.URL, setting, expected)
	}
	u, err := checkURL(i.URL, i.AllowLoopback)
	if err != nil || u.RawQuery != "" || u.ForceQuery {
		return problem("url", "the issuer's https address, without a query")
	}
	switch i.Kind {
	case OIDC:
	case Cognito:
		if !isPool(u) {
			return problem("url", "https://cognito-idp.<region>.amazonaws.com/<pool id>")
		}
	default:
		return problem("kind", `"oidc" or "cognito"`)
	}
	if len(i.Audiences) == 0 || len(i.Audiences) > maxList {
		return problem("audiences", fmt.Sprintf("1 to %d values", maxList))
	}
	for _, a := range i.Audiences {
		if a == "" || len(a) > maxURL || strings.TrimSpace(a) != a {
			return problem("audiences", fmt.Sprintf("values of 1 to %d bytes without spaces around them", maxURL))
		}
	}
	for _, alg := range i.Algorithms {
		if !slices.Contains(supportedAlgorithms(), alg) {
			return problem("algorithms", "any of "+strings.Join(supportedAlgorithms(), ", "))
		}
	}
	if i.JWKSURL != "" {
		if _, err := checkURL(i.JWKSURL, i.AllowLoopback); err != nil {
			return problem("jwks_url", "an https address")
		}
	}
	if i.Leeway < 0 || i.Leeway > maxLeeway {
		return problem("leeway", "0s to "+maxLeeway.String())
	}
	return nil
}

func supportedAlgorithms() []string {
	return []string{"RS256", "ES256", "EdDSA", "PS256"}
}

// withDefaults fills in what was left open.
func (i Issuer) withDefaults() Issuer {
	if len(i.Algorithms) == 0 {
		i.Algorithms = supportedAlgorithms()
		if i.Kind == Cognito {
			i.Algorithms = []string{"RS256"}
		}
	}
	if i.Leeway == 0 {
		i.Leeway = defaultLeeway
	}
	// A pool's keys are at a documented place, which saves a request.
	if i.Kind == Cognito && i.JWKSURL == "" {
		i.JWKSURL = i.URL + jwksPath
	}
	i.Audiences = slices.Clone(i.Audiences)
	i.Algorithms = slices.Clone(i.Algorithms)
	return i
}

// checkURL accepts absolute https addresses, and http ones of this machine if
// loopback is set.
func checkURL(raw string, loopback bool) (*url.URL, error) {
	if len(raw) > maxURL {
		return nil, errors.New("too long")
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, errors.New("malformed")
	}
	if u.Host == "" || u.Hostname() == "" || u.User != nil || strings.Contains(raw, "#") {
		return nil, errors.New("not a plain address")
	}
	if u.Scheme == "https" || u.Scheme == "http" && loopback && outbound.LoopbackHost(u.Hostname()) {
		return u, nil
	}
	return nil, errors.New("not https")
}

// isPool recognizes the address of a user pool: a mistyped one would otherwise
// look like an issuer that is down. A stand-in on this machine may have any host.
func isPool(u *url.URL) bool {
	pool := strings.TrimPrefix(u.Path, "/")
	host := strings.Contains(u.Host, "cognito-idp.") || outbound.LoopbackHost(u.Hostname())
	return host && pool != "" && !strings.Contains(pool, "/")
}
