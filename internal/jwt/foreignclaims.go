package jwt

import (
	"slices"
	"time"
)

const (
	maxEmail    = 254
	maxUsername = 255
)

// read checks what the token says against the settings of its issuer.
func (i *foreignIssuer) read(o object, now time.Time) (ForeignClaims, error) {
	c := ForeignClaims{Issuer: i.URL, Provision: i.Provision}
	if !i.isForUs(o) {
		return ForeignClaims{}, refuse("wrong audience")
	}
	var ok bool
	if c.Subject, ok = o.ascii("sub", maxSubject); !ok {
		return ForeignClaims{}, refuse("no usable subject")
	}
	if err := i.readTimes(o, now, &c); err != nil {
		return ForeignClaims{}, err
	}
	name := "preferred_username"
	if i.Kind == Cognito {
		name = "username"
	}
	if c.Username, ok = optional(o, name, maxUsername); !ok {
		return ForeignClaims{}, refuse("malformed user name")
	}
	if c.Email, ok = optional(o, "email", maxEmail); !ok {
		return ForeignClaims{}, refuse("malformed e-mail address")
	}
	// Some issuers write the text "true". Only the JSON value counts.
	c.EmailVerified = c.Email != "" && string(o["email_verified"]) == "true"
	return c, nil
}

// optional reads a text that may be missing, null or empty, but nothing else.
func optional(o object, name string, limit int) (string, bool) {
	if !o.has(name) || string(o[name]) == `""` {
		return "", true
	}
	return o.text(name, limit)
}

// isForUs applies the audience rule of the issuer's kind.
func (i *foreignIssuer) isForUs(o object) bool {
	if i.Kind == Cognito {
		client, ok := o.text("client_id", maxURL)
		if !ok || !slices.Contains(i.Audiences, client) {
			return false
		}
		// A pool's access tokens have an audience only when one was asked for.
		if _, found := o["aud"]; !found {
			return true
		}
	}
	if aud, ok := o.text("aud", maxURL); ok {
		return slices.Contains(i.Audiences, aud)
	}
	auds, ok := o.texts("aud", maxURL)
	if !ok || !slices.ContainsFunc(auds, func(a string) bool { return slices.Contains(i.Audiences, a) }) {
		return false
	}
	if len(auds) == 1 {
		return true
	}
	// With several audiences each of them holds the token and could send it here;
	// azp says for whom it was made.
	azp, ok := o.text("azp", maxURL)
	return ok && slices.Contains(i.Audiences, azp)
}

func (i *foreignIssuer) readTimes(o object, now time.Time, c *ForeignClaims) error {
	var ok bool
	if c.Expires, ok = o.time("exp"); !ok {
		return refuse("no usable expiry")
	}
	if c.IssuedAt, ok = o.time("iat"); !ok {
		return refuse("no usable issue time")
	}
	if o.has("auth_time") {
		if c.AuthTime, ok = o.time("auth_time"); !ok {
			return refuse("malformed sign-in time")
		}
	}
	if _, found := o["nbf"]; found {
		if nbf, ok := o.time("nbf"); !ok || nbf.After(now.Add(i.Leeway)) {
			return refuse("not valid yet")
		}
	}
	switch {
	case !c.Expires.After(now.Add(-i.Leeway)):
		return refuse("expired")
	case c.IssuedAt.After(now.Add(i.Leeway)) || c.AuthTime.After(now.Add(i.Leeway)):
		return refuse("issued in the future")
	case !c.Expires.After(c.IssuedAt) || c.Expires.Sub(c.IssuedAt) > maxForeignLifetime:
		return refuse("impossible lifetime")
	}
	return nil
}
