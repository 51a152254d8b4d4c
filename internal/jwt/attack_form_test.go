package jwt_test

import (
	"bytes"
	"encoding/base64"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/jwt/jwttest"
)

func TestF12_ASVS9_1_1_MalleableSignatures(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		head, body, sig := parts(w.mint(nil, nil))
		raw, err := base64.RawURLEncoding.DecodeString(sig)
		if err != nil {
			t.Fatal(err)
		}
		join := func(sig []byte) string { return head + "." + body + "." + base64.RawURLEncoding.EncodeToString(sig) }
		half := len(raw) / 2
		zero, ones := make([]byte, half), bytes.Repeat([]byte{0xff}, half)
		for _, sig := range [][]byte{
			slices.Concat(zero, zero), slices.Concat(ones, ones), slices.Concat(zero, raw[half:]),
			slices.Concat(raw[:half], zero), slices.Concat(raw[half:], raw[:half]), slices.Concat(raw, raw), raw[1:],
		} {
			w.refuses(t, "signature", join(sig))
		}
		switch w.key.Algorithm {
		case "EdDSA":
			// S + L verifies the same equation.
			order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
			s := new(big.Int).SetBytes(reversed(raw[32:]))
			s.Add(s, order)
			w.refuses(t, "S+L", join(slices.Concat(raw[:32], reversed(s.FillBytes(make([]byte, 32))))))
		case "ES256":
			order, _ := new(big.Int).SetString("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16)
			n := order.FillBytes(make([]byte, 32))
			w.refuses(t, "r=n", join(slices.Concat(n, raw[32:])))
			w.refuses(t, "s=n", join(slices.Concat(raw[:32], n)))
			w.refuses(t, "DER", join(slices.Concat([]byte{0x30, 68, 2, 32}, raw[:32], []byte{2, 32}, raw[32:])))
		}
	})
}

func TestF12_SmallOrderKeys(t *testing.T) {
	// With the neutral point as key, R neutral and S zero sign every message.
	neutral := make([]byte, 32)
	neutral[0] = 1
	sig := slices.Concat(neutral, make([]byte, 32))
	w := ownWorld(t)
	head, body, _ := parts(w.mint(nil, nil))
	w.ring.keys["k1"] = neutral
	w.refuses(t, "own", head+"."+body+"."+base64.RawURLEncoding.EncodeToString(sig))

	w = foreignWorld(t, "oidc", jwttest.NewOIDC)
	weak := jwttest.NewKey(t, "EdDSA", "weak").JWK()
	weak["x"] = base64.RawURLEncoding.EncodeToString(neutral)
	w.issuer.Publish(weak)
	head, body, _ = parts(w.mint(map[string]any{"alg": "EdDSA", "kid": "weak"}, nil))
	w.refuses(t, "foreign", head+"."+body+"."+base64.RawURLEncoding.EncodeToString(sig))
}

func reversed(b []byte) []byte {
	b = slices.Clone(b)
	slices.Reverse(b)
	return b
}

func TestF13_EncryptedOrNested(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		token := w.mint(nil, nil)
		head, body, sig := parts(token)
		w.refuses(t, "five parts", head+".."+body+"."+sig+".AAAA")
		w.refuses(t, "five parts, good ones first", token+".AAAA.AAAA")
		w.refuses(t, "four parts", token+".")
		w.refuses(t, "leading dot", "."+token)
		w.refuses(t, "nested", w.key.Compact([]byte(`{"alg":"`+w.key.Algorithm+`","kid":"`+w.key.ID+`","typ":"at+jwt"}`), []byte(token)))
		w.refuses(t, "nested in quotes", w.key.Compact([]byte(`{"alg":"`+w.key.Algorithm+`","kid":"`+w.key.ID+`","typ":"at+jwt"}`), []byte(`"`+token+`"`)))
		w.refuses(t, "zip", w.mint(map[string]any{"zip": "DEF"}, nil))
		w.refuses(t, "JSON form", `{"protected":"`+head+`","payload":"`+body+`","signature":"`+sig+`"}`)
		w.refuses(t, "encryption", w.mint(map[string]any{"alg": "RSA-OAEP", "enc": "A256GCM"}, nil))
	})
}

func TestF15_Base64Variants(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		token := w.mint(nil, nil)
		head, body, sig := parts(token)
		for _, space := range []string{" ", "\t", "\n", "\r", "\r\n", "\x00", "\u00a0", "=", "==", "%3d"} {
			w.refuses(t, "after", token+space)
			w.refuses(t, "before", space+token)
			w.refuses(t, "header", head+space+"."+body+"."+sig)
			w.refuses(t, "payload", head+"."+body+space+"."+sig)
			w.refuses(t, "inside", head[:4]+space+head[4:]+"."+body+"."+sig)
			w.refuses(t, "inside the signature", head+"."+body+"."+sig[:4]+space+sig[4:])
		}
		// Other spellings of one value: unused bits, and the standard alphabet.
		const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
		if len(sig)%4 != 0 {
			last := strings.IndexByte(alphabet, sig[len(sig)-1])
			w.refuses(t, "trailing bits", token[:len(token)-1]+string(alphabet[last|1]))
		}
		std := strings.NewReplacer("-", "+", "_", "/")
		for range 50 { // until a signature has a character that differs
			if s := std.Replace(token); s != token {
				w.refuses(t, "standard alphabet", s)
			}
			w.clock.advance(time.Second)
			token = w.mint(nil, map[string]any{"iat": w.clock.now().Unix()})
		}
	})
}
