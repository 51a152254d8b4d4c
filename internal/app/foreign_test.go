package app_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"gatehouse/internal/apptest"
	"gatehouse/internal/jwt/jwttest"
)

// abroad is a world with two foreign issuers.
type abroad struct {
	*apptest.World
	oidc, cognito *jwttest.Issuer
}

func newAbroad(t *testing.T, provision bool) *abroad {
	t.Helper()
	a := &abroad{}
	now := func() time.Time { return a.Clock.Now() }
	a.oidc, a.cognito = jwttest.NewOIDC(t, now), jwttest.NewCognito(t, now)
	list, err := json.Marshal([]object{
		{"url": a.oidc.URL(), "kind": "oidc", "audiences": []string{jwttest.Audience}, "provision": provision},
		{"url": a.cognito.URL(), "kind": "cognito", "audiences": []string{jwttest.ClientID}, "provision": provision},
	})
	if err != nil {
		t.Fatal(err)
	}
	a.World = apptest.New(t, limitsOff, apptest.Env("GATEHOUSE_TOKEN_ISSUERS", string(list)))
	return a
}

func (a *abroad) link(uid int64, i *jwttest.Issuer) {
	a.Helper()
	if err := a.Accounts.LinkIdentity(a.Context(), uid, i.URL(), jwttest.Subject); err != nil {
		a.Fatal(err)
	}
}

func (a *abroad) who(token string) string {
	a.Helper()
	return bearer(a.World, token).Get("/api/users/self").Is(200).String("username")
}

func TestF_ASVS6_8_1_OwnAndForeignTokensSideBySide(t *testing.T) {
	a := newAbroad(t, false)
	one, two := operator(a.World, "holder01", true), operator(a.World, "holder02", true)
	bearer(a.World, a.oidc.Mint(nil)).Get("/api/users/self").Is(401)
	bearer(a.World, a.cognito.Mint(nil)).Get("/api/users/self").Is(401)
	a.link(one, a.oidc)
	a.link(two, a.cognito) // the same subject elsewhere is somebody else
	access, _ := tokens(a.World, "holder01")
	for range 2 {
		for token, want := range map[string]string{a.oidc.Mint(nil): "holder01", a.cognito.Mint(nil): "holder02", access: "holder01"} {
			if got := a.who(token); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
	}
	if err := a.Accounts.LinkIdentity(a.Context(), two, a.oidc.URL(), jwttest.Subject); err == nil {
		t.Error("a subject was linked twice")
	}
}

func TestF_UnknownSubjects(t *testing.T) {
	a := newAbroad(t, false)
	before := a.Dump()
	for _, i := range []*jwttest.Issuer{a.oidc, a.cognito} {
		bearer(a.World, i.Mint(nil)).Get("/api/users/self").Is(401).Has("Invalid token.")
	}
	if a.Dump() != before {
		t.Error("the store changed")
	}
}

func TestF_ProvisionedOnce(t *testing.T) {
	a := newAbroad(t, true)
	token := a.oidc.Mint(nil)
	got := parallel(16, func(int) string {
		r := bearer(a.World, token).Get("/api/users/self")
		return fmt.Sprint(r.Status, r.Body)
	})
	if len(got) != 1 {
		t.Errorf("answers %v", got)
	}
	me := bearer(a.World, token).Get("/api/users/self").Is(200)
	me.Has(`"email":"ada@example.com"`).Has(`"groups":["user"]`)
	other := bearer(a.World, a.cognito.Mint(nil)).Get("/api/users/self").Is(200)
	if me.String("username") == other.String("username") || other.String("email") != "" {
		t.Errorf("%s\n%s", me.Body, other.Body)
	}
	if n := users(a.World); n != 2 {
		t.Errorf("%d accounts", n)
	}
}

// TestF_ASVS10_3_2_ASVS10_3_3_AddressNeverFindsAnAccount provisions a subject whose address somebody has.
func TestF_ASVS10_3_2_ASVS10_3_3_AddressNeverFindsAnAccount(t *testing.T) {
	a := newAbroad(t, true)
	uid := operator(a.World, "holder01", true)
	token := a.oidc.Mint(map[string]any{"email": "holder01@example.com", "preferred_username": "holder01", "sub": "thief", "groups": []string{"admin"}})
	me := bearer(a.World, token).Get("/api/users/self").Is(200)
	if id := int64(me.JSON()["id"].(float64)); id == uid {
		t.Fatal("the token acts for the account of its address")
	}
	me.Has(`"email":""`).Has(`"groups":["user"]`)
	unproven := a.oidc.Mint(map[string]any{"email": "later@example.com", "email_verified": "true", "sub": "other"})
	bearer(a.World, unproven).Get("/api/users/self").Is(200).Has(`"email":""`)
	a.Client().Post("/api/auth/login", object{"email": "holder01@example.com", "password": apptest.Password}).Is(200)
}

func TestF1_F2_F3_F5_F6_F7_F8_F9_KC7fpj_ASVS6_8_2_ASVS10_3_1_OverHTTP(t *testing.T) {
	a := newAbroad(t, false)
	a.link(operator(a.World, "holder01", true), a.oidc)
	a.link(operator(a.World, "holder02", true), a.cognito)
	now := a.Clock.Now().Unix()
	stranger := jwttest.NewKey(t, "ES256", "oidc-key-0")
	bad := map[string]string{
		"wrong audience":      a.oidc.Mint(object{"aud": "https://other.example"}),
		"no audience":         a.oidc.Mint(object{"aud": nil}),
		"two audiences":       a.oidc.Mint(object{"aud": []string{jwttest.Audience, "other"}}),
		"wrong issuer":        a.oidc.Mint(object{"iss": "https://evil.example"}),
		"issuer with slash":   a.oidc.Mint(object{"iss": a.oidc.URL() + "/"}),
		"issuer of the other": a.oidc.Mint(object{"iss": a.cognito.URL()}),
		"our issuer":          a.oidc.Mint(object{"iss": a.URL, "aud": a.URL}),
		"expired":             a.oidc.Mint(object{"exp": now - 120, "iat": now - 3600}),
		"no expiry":           a.oidc.Mint(object{"exp": nil}),
		"expiry as text":      a.oidc.Mint(object{"exp": fmt.Sprint(now + 60)}),
		"expiry too far":      a.oidc.Mint(object{"exp": now + 40*24*3600}),
		"future":              a.oidc.Mint(object{"iat": now + 600}),
		"not yet":             a.oidc.Mint(object{"nbf": now + 600}),
		"no issue time":       a.oidc.Mint(object{"iat": nil}),
		"none":                a.oidc.MintWith(object{"alg": "none"}, nil),
		"nOnE":                a.oidc.MintWith(object{"alg": "nOnE"}, nil),
		"HS256":               a.oidc.MintWith(object{"alg": "HS256"}, nil),
		"other algorithm":     a.oidc.MintWith(object{"alg": "RS256"}, nil),
		"unknown kid":         a.oidc.MintWith(object{"kid": "nobody"}, nil),
		"kid is a path":       a.oidc.MintWith(object{"kid": "../../etc/passwd"}, nil),
		"no kid":              a.oidc.MintWith(object{"kid": nil}, nil),
		"crit":                a.oidc.MintWith(object{"crit": []string{"b64"}, "b64": false}, nil),
		"logout token":        a.oidc.MintWith(object{"typ": "logout+jwt"}, nil),
		"event":               a.oidc.Mint(object{"events": object{}}),
		"refresh":             a.oidc.Mint(object{"typ": "Refresh"}),
		"jku":                 a.oidc.MintWith(object{"jku": a.cognito.URL() + "/.well-known/jwks.json"}, nil),
		"stranger's key":      stranger.Mint(object{"typ": "JWT"}, a.oidc.Claims()),
		"stranger's own jwk":  stranger.Mint(object{"typ": "JWT", "jwk": stranger.JWK()}, a.oidc.Claims()),
		"cognito ID token":    a.cognito.Mint(object{"token_use": "id"}),
		"cognito no use":      a.cognito.Mint(object{"token_use": nil}),
		"cognito client":      a.cognito.Mint(object{"client_id": "other"}),
		"cognito pool":        a.cognito.Mint(object{"iss": a.cognito.URL() + "2"}),
		"no subject":          a.oidc.Mint(object{"sub": nil}),
		"empty subject":       a.oidc.Mint(object{"sub": ""}),
		"other subject":       a.oidc.Mint(object{"sub": jwttest.Subject + "x"}),
		"cut":                 a.oidc.Mint(nil)[:200],
		"one part more":       a.oidc.Mint(nil) + ".x",
	}
	for name, token := range bad {
		if r := bearer(a.World, token).Get("/api/users/self"); r.Status != 401 {
			t.Errorf("%s: %d %s", name, r.Status, r.Body)
		}
	}
	for _, i := range []*jwttest.Issuer{a.oidc, a.cognito} {
		if n := len(i.Requests()); n > 6 {
			t.Errorf("the issuer was asked %d times", n)
		}
	}
	if got := a.who(a.oidc.Mint(nil)); got != "holder01" {
		t.Errorf("afterwards: %s", got)
	}
}

func TestD7_ZIT22492_ForeignTokenBeforeTheEpoch(t *testing.T) {
	a := newAbroad(t, false)
	uid := operator(a.World, "holder01", true)
	a.link(uid, a.oidc)
	old := a.oidc.Mint(nil)
	a.Clock.Add(10 * time.Second)
	if err := a.Accounts.EndSessions(a.Context(), uid, false); err != nil {
		t.Fatal(err)
	}
	bearer(a.World, old).Get("/api/users/self").Is(401)
	a.Clock.Add(time.Second)
	a.who(a.oidc.Mint(nil))
	operator(a.World, "chief01", true, "admin")
	a.SignIn("chief01").Patch(fmt.Sprint("/api/users/", uid), object{"is_active": false}).Is(200)
	bearer(a.World, a.oidc.Mint(nil)).Get("/api/users/self").Is(401)
}

// TestF_ForeignTokensCannotDoWhatNeedsAPassword keeps them from what is asked again.
func TestF_ForeignTokensCannotDoWhatNeedsAPassword(t *testing.T) {
	a := newAbroad(t, false)
	a.link(operator(a.World, "holder01", true), a.oidc)
	c := bearer(a.World, a.oidc.Mint(nil))
	c.Post("/api/auth/email", object{"email": "moved@example.com"}).Is(403)
	c.Post("/api/users/self/deletion", nil).Is(403)
	c.Post("/api/auth/reauthenticate", object{"password": apptest.Password}).Is(403)
}

func TestF14_IssuerThatIsDown(t *testing.T) {
	a := newAbroad(t, false)
	a.link(operator(a.World, "holder01", true), a.oidc)
	a.oidc.Fail(jwttest.Down)
	r := bearer(a.World, a.oidc.Mint(nil)).Get("/api/users/self")
	if r.Status != 503 && r.Status != 401 {
		t.Errorf("%d %s", r.Status, r.Body)
	}
	a.SignIn("holder01").Get("/api/users/self").Is(200)
	a.oidc.Fail(jwttest.None)
	a.Clock.Add(10 * time.Minute)
	a.who(a.oidc.Mint(nil))
}
