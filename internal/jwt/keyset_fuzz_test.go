package jwt

import (
	"testing"

	"gatehouse/internal/bound"
)

// FuzzKeySet: no key set of an issuer, who may be anybody's, panics or is too much
// work, and a key that is taken is one that may verify something, by one name.
func FuzzKeySet(f *testing.F) {
	for _, doc := range []string{
		`{"keys":[]}`, `{"keys":[{}]}`, `[]`, `{"keys":{}}`, `{"keys":[{"kty":"oct","k":"AAAA","kid":"a"}]}`,
		`{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`,
		`{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}]}`,
		`{"keys":[{"kty":"EC","crv":"P-256","kid":"e","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},{"kty":"EC","crv":"P-256","kid":"e","x":"AQ","y":"AQ"}]}`,
		`{"keys":[{"kty":"RSA","kid":"r","n":"AQAB","e":"AQAB","use":"sig","alg":"RS256"}]}`, `{"keys":[{"kty":"RSA","kid":"r","e":"AAAAAAAAAAAAAAAAAAA","n":"` + "________________" + `"}],"keys":[]}`,
	} {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		defer bound.Of(t)()
		keys, err := parseKeySet(doc)
		if err != nil && keys != nil {
			t.Errorf("%q: keys beside %v", doc, err)
		}
		if len(keys) > maxKeys || len(doc) > maxDocument && err == nil {
			t.Errorf("%d keys of %d bytes", len(keys), len(doc))
		}
		for kid, k := range keys {
			if kid == "" || k.public == nil || len(k.algorithms) == 0 {
				t.Errorf("%q: key %q %+v", doc, kid, k)
			}
			for _, a := range k.algorithms {
				if a == "none" || a == "" || a[0] == 'H' {
					t.Errorf("%q: key %q for %s", doc, kid, a)
				}
			}
		}
	})
}
