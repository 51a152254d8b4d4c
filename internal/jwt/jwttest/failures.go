package jwttest

import (
	"bytes"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"gatehouse/internal/jwt"
)

// slowest bounds the slow failures, should a client never give up.
const slowest = 20 * time.Second

// fail does the failures that concern the whole answer and reports whether it did.
func (i *Issuer) fail(w http.ResponseWriter, r *http.Request, f Failure) bool {
	moved := strings.HasPrefix(r.URL.Path, "/moved")
	header := w.Header()
	header.Set("Content-Type", "application/json")
	switch {
	case f == Down:
		panic(http.ErrAbortHandler)
	case f == ServerError:
		w.WriteHeader(http.StatusInternalServerError)
	case f == Slow:
		wait(r, slowest)
	case f == Drip:
		drip(w, r)
	case f == Huge:
		_, _ = w.Write(bytes.Repeat([]byte(" "), 300<<10))
	case f == Garbage:
		_, _ = w.Write([]byte(`{"keys":[}`))
	case f == WrongType:
		header.Set("Content-Type", "text/html")
		_, _ = w.Write(encodeJSON(map[string]any{"keys": i.jwks(f)}))
	case f == Compressed:
		header.Set("Content-Encoding", "gzip")
		_, _ = w.Write([]byte("\x1f\x8b"))
	case f == Redirect && !moved:
		http.Redirect(w, r, "/moved"+r.URL.Path, http.StatusFound)
	default:
		return false
	}
	return true
}

func wait(r *http.Request, d time.Duration) bool {
	select {
	case <-r.Context().Done():
		return false
	case <-time.After(d):
		return true
	}
}

func drip(w http.ResponseWriter, r *http.Request) {
	for range slowest / (10 * time.Millisecond) {
		if _, err := w.Write([]byte(" ")); err != nil {
			return
		}
		if err := http.NewResponseController(w).Flush(); err != nil || !wait(r, 10*time.Millisecond) {
			return
		}
	}
}

func (i *Issuer) discovery(f Failure) map[string]any {
	doc := map[string]any{
		"issuer":                                i.URL(),
		"jwks_uri":                              i.URL() + "/.well-known/jwks.json",
		"authorization_endpoint":                "https://auth.gatehouse.test/authorize",
		"response_types_supported":              []string{"code"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{i.Key().Algorithm},
	}
	switch f {
	case WrongIssuer:
		doc["issuer"] = i.URL() + "/"
	case KeysOnOtherHost:
		doc["jwks_uri"] = i.OtherHost() + i.path + "/.well-known/jwks.json"
	case NoKeysAddress:
		delete(doc, "jwks_uri")
	}
	return doc
}

func (i *Issuer) jwks(f Failure) []map[string]any {
	i.mu.Lock()
	defer i.mu.Unlock()
	keys := []map[string]any{i.key.JWK()}
	if i.kind == jwt.Cognito {
		// A pool also lists the key of its ID tokens.
		other := i.key.JWK()
		other["kid"] = "id-token-key="
		keys = append(keys, other)
	}
	keys = slices.Concat(keys, i.extra)
	if f == TooManyKeys {
		for len(keys) <= 20 {
			more := i.key.JWK()
			more["kid"] = "key-" + strconv.Itoa(len(keys))
			keys = append(keys, more)
		}
	}
	return keys
}
