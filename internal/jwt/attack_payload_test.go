package jwt_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/jwt/jwttest"
)

func TestF7_ASVS9_2_1_Times(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		bad := []any{
			nil, "1772366400", "", true, []int{1772366400}, map[string]any{}, -1, 0, 1, -1e308, 1e308, 9e18, 1 << 62,
			253402300800, 4102444800, 946684799,
			json.RawMessage("null"), json.RawMessage("1e400"), json.RawMessage("18446744073709551616"), json.RawMessage("-0"),
		}
		for _, claim := range []string{"exp", "iat"} {
			for _, value := range bad {
				w.refuses(t, fmt.Sprintf("%s %v", claim, value), w.mint(nil, map[string]any{claim: value}))
			}
		}
		for _, value := range bad[1:] {
			w.refuses(t, fmt.Sprintf("nbf %v", value), w.mint(nil, map[string]any{"nbf": value}))
		}
		now := w.clock.now().Unix()
		w.accepts(t, "float", w.mint(nil, map[string]any{"exp": json.RawMessage(fmt.Sprintf("%d.25", now+10))}))
		w.refuses(t, "far future", w.mint(nil, map[string]any{"exp": now + 366*24*3600}))
		w.refuses(t, "expires before it is issued", w.mint(nil, map[string]any{"iat": now + 30, "exp": now + 20}))
		w.accepts(t, "nbf now", w.mint(nil, map[string]any{"nbf": now}))
	})
}

// TestF7_ASVS9_2_1_Boundaries walks over every limit at -1, 0 and +1 second.
func TestF7_ASVS9_2_1_Boundaries(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		leeway, now := int64(60), w.clock.now().Unix()
		expLeeway := leeway
		if w.ring != nil {
			expLeeway = 0
		}
		for d := int64(-1); d <= 1; d++ {
			check := func(what string, ok bool, changes map[string]any) {
				t.Helper()
				if ok {
					w.accepts(t, what, w.mint(nil, changes))
				} else {
					w.refuses(t, what, w.mint(nil, changes))
				}
			}
			early := map[string]any{"iat": now - 3600, "auth_time": now - 3600}
			early["exp"] = now - expLeeway + d
			check("exp", d > 0, early)
			check("iat", d <= 0, map[string]any{"iat": now + leeway + d, "exp": now + 600})
			check("nbf", d <= 0, map[string]any{"nbf": now + expLeeway + d})
		}
	})
}

func TestF8_ASVS9_2_3_ASVS9_2_4_ASVS10_3_1_IssuerAndAudience(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		iss := w.claims["iss"].(string)
		for _, wrong := range []any{
			nil, "", iss + "/", strings.ToUpper(iss), iss + " ", " " + iss, []string{iss}, "https://staging.gatehouse.test",
			strings.Replace(iss, "://", "://user@", 1), iss + "?", iss + "#", iss[:len(iss)-1], 1,
		} {
			w.refuses(t, fmt.Sprint("iss ", wrong), w.mint(nil, map[string]any{"iss": wrong}))
		}
		claim := "aud"
		if w.name == "cognito" {
			claim = "client_id"
		}
		aud := w.claims[claim].(string)
		for _, wrong := range []any{
			nil, "", aud + "/", aud + "x", aud[:len(aud)-1], " " + aud, "https://staging.gatehouse.test", 1, true,
			[]any{}, []any{aud, "other"}, []any{aud, 1}, []any{[]any{aud}}, map[string]any{"0": aud}, aud + "\x00",
		} {
			w.refuses(t, fmt.Sprint(claim, " ", wrong), w.mint(nil, map[string]any{claim: wrong}))
		}
		if w.name != "cognito" {
			w.refuses(t, "upper case", w.mint(nil, map[string]any{"aud": strings.ToUpper(aud)}))
		}
		if w.name != "oidc" {
			w.refuses(t, "list", w.mint(nil, map[string]any{claim: []string{aud}}))
		}
	})
	w := foreignWorld(t, "oidc", jwttest.NewOIDC)
	aud := func(azp any, values ...string) string {
		return w.mint(nil, map[string]any{"aud": values, "azp": azp})
	}
	w.accepts(t, "list of one", aud(nil, jwttest.Audience))
	w.accepts(t, "several, authorized party is us", aud(jwttest.Audience, "x", jwttest.Audience))
	w.refuses(t, "several, authorized party is another", aud("x", "x", jwttest.Audience))
	w.refuses(t, "several, no authorized party", aud(nil, "x", jwttest.Audience))
	w.refuses(t, "17", aud(jwttest.Audience, slices.Repeat([]string{jwttest.Audience}, 17)...))
}

func TestF8_CognitoTokenUse(t *testing.T) {
	w := foreignWorld(t, "cognito", jwttest.NewCognito)
	for _, use := range []any{nil, "id", "ID", "Access", "refresh", "", 1} {
		w.refuses(t, fmt.Sprint(use), w.mint(nil, map[string]any{"token_use": use}))
	}
	w.refuses(t, "ID token", w.mint(nil, map[string]any{"token_use": "id", "client_id": nil, "aud": jwttest.ClientID}))
	w.refuses(t, "token for another resource", w.mint(nil, map[string]any{"aud": "https://other.example"}))
	w.accepts(t, "token bound to us", w.mint(nil, map[string]any{"aud": jwttest.ClientID}))
}

func TestF10_DuplicateMembers(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		head := fmt.Sprintf(`{"alg":%q,"kid":%q,"typ":"at+jwt"`, w.key.Algorithm, w.key.ID)
		body := strings.TrimSuffix(string(payloadOf(t, w)), "}")
		compact := func(head, body string) string { return w.key.Compact([]byte(head), []byte(body)) }
		w.accepts(t, "good", compact(head+"}", body+"}"))
		for what, extra := range map[string]string{
			"same":      `,"sub":"admin"}`,
			"escaped":   `,"\u0073ub":"admin"}`,
			"nested":    `,"x":{"a":1,"a":2}}`,
			"trailing":  `}{}`,
			"garbage":   `}x`,
			"comma":     `,}`,
			"no end":    ``,
			"comment":   `/**/}`,
			"NaN":       `,"x":NaN}`,
			"lone half": `,"x":"\ud800"}`,
			"bad UTF-8": ",\"x\":\"\xff\"}",
			"NUL":       "}\x00",
			"BOM":       "}\ufeff",
		} {
			w.refuses(t, "payload: "+what, compact(head+"}", body+extra))
			w.refuses(t, "header: "+what, compact(head+strings.ReplaceAll(strings.ReplaceAll(extra, "sub", "alg"), "0073ub", "0061lg"), body+"}"))
		}
		w.refuses(t, "case of alg", compact(strings.Replace(head, "alg", "ALG", 1)+"}", body+"}"))
		for _, other := range []string{"", "[]", "null", "1", `"x"`, "{", "{}", "[" + head + "}]"} {
			w.refuses(t, "header "+other, compact(other, body+"}"))
			w.refuses(t, "payload "+other, compact(head+"}", other))
		}
	})
}

func TestF11_GOJOSE27144_GOLANGJWT30204_SizeAndDepth(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		nested := func(n int) any {
			return json.RawMessage(strings.Repeat("[", n) + strings.Repeat("]", n))
		}
		w.accepts(t, "depth 8", w.mint(nil, map[string]any{"x": nested(7)}))
		w.accepts(t, "brackets in a string", w.mint(nil, map[string]any{"x": strings.Repeat(`[{"\`, 50)}))
		w.refuses(t, "depth 9", w.mint(nil, map[string]any{"x": nested(8)}))
		w.refuses(t, "depth 1000", w.mint(nil, map[string]any{"x": nested(1000)}))
		w.refuses(t, "header depth 9", w.mint(map[string]any{"x": nested(8)}, nil))
		limit := 8 << 10
		if w.ring != nil {
			limit = 4 << 10
		}
		token := w.mint(nil, map[string]any{"x": strings.Repeat("y", (limit-len(w.mint(nil, nil)))*3/4-10)})
		if len(token) > limit || len(token) < limit-20 {
			t.Fatalf("size of the test's token is %d", len(token))
		}
		w.accepts(t, "just below the limit", token)
		w.refuses(t, "above the limit", w.mint(nil, map[string]any{"x": strings.Repeat("y", limit*3/4)}))
		for what, token := range map[string]string{
			"a million dots": strings.Repeat(".", 1e6), "1 MB of brackets": strings.Repeat("[", 1<<20),
			"1 MB": w.mint(nil, map[string]any{"x": strings.Repeat("y", 1<<20)}),
			"dots": strings.Repeat(".", limit), "A": strings.Repeat("A", limit),
		} {
			w.refusesCheaply(t, what, token)
		}
	})
}

// refusesCheaply also wants less than 64 KB of memory and, on average, less than
// a millisecond.
func (w *world) refusesCheaply(t *testing.T, what, token string) {
	t.Helper()
	const rounds = 20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begin := time.Now()
	for range rounds {
		w.refuses(t, what, token)
	}
	took := time.Since(begin) / rounds
	runtime.ReadMemStats(&after)
	if n := (after.TotalAlloc - before.TotalAlloc) / rounds; n >= 64<<10 {
		t.Errorf("%s: %d bytes allocated", what, n)
	}
	if took > time.Millisecond {
		t.Errorf("%s: took %v", what, took)
	}
}
