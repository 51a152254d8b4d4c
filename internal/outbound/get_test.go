package outbound

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func serve(t *testing.T, h http.HandlerFunc) (get func(syntax string) ([]byte, error)) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	c := Client(Options{AllowLoopback: true, Timeout: 300 * time.Millisecond})
	return func(syntax string) ([]byte, error) {
		return Get(context.Background(), c, server.URL, syntax)
	}
}

func TestGetContentTypes(t *testing.T) {
	for _, test := range []struct {
		contentType, syntax string
		ok                  bool
	}{
		{"application/json", "json", true},
		{"Application/JSON; charset=utf-8", "json", true},
		{"application/jwk-set+json", "json", true},
		{"text/json", "json", true},
		{"application/samlmetadata+xml", "xml", true},
		{"text/xml", "xml", true},
		{"application/xml", "json", false},
		{"text/html", "json", false},
		{"text/plain", "json", false},
		{"image/svg+json", "json", false},
		{"application/jsonp", "json", false},
		{"application/json;;", "json", false},
		{"", "json", false},
	} {
		get := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Content-Type"] = []string{test.contentType}
			_, _ = w.Write([]byte("{}"))
		})
		body, err := get(test.syntax)
		if (err == nil) != test.ok || test.ok && string(body) != "{}" {
			t.Errorf("%q as %s: %q, %v", test.contentType, test.syntax, body, err)
		}
	}
}

func TestL4_ASVS15_3_2_Limits(t *testing.T) {
	big := strings.Repeat(" ", MaxBody+1)
	for name, h := range map[string]http.HandlerFunc{
		"one byte too many": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(big))
		},
		"endless": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write([]byte(big)); err != nil {
					return
				}
			}
		},
		"gzip": func(w http.ResponseWriter, r *http.Request) {
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			_, _ = z.Write([]byte(big))
			_ = z.Close()
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(b.Bytes())
		},
		"status":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNonAuthoritativeInfo) },
		"redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/x", http.StatusFound) },
	} {
		get := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Accept-Encoding") != "" {
				t.Error("compression asked for")
			}
			if r.URL.Path != "/" {
				t.Error("redirect followed")
			}
			w.Header().Set("Content-Type", "application/json")
			h(w, r)
		})
		if _, err := get("json"); !errors.Is(err, ErrDocument) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLargestDocument(t *testing.T) {
	get := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(strings.Repeat(" ", MaxBody)))
	})
	if body, err := get("json"); err != nil || len(body) != MaxBody {
		t.Errorf("largest document: %v", err)
	}
}

func TestL4_Time(t *testing.T) {
	for name, drip := range map[string]bool{"silent": false, "drip": true} {
		get := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for r.Context().Err() == nil {
				if drip {
					_, _ = w.Write([]byte(" "))
					_ = http.NewResponseController(w).Flush()
				}
				time.Sleep(5 * time.Millisecond)
			}
		})
		begin := time.Now()
		_, err := get("json")
		if err == nil || time.Since(begin) > 2*time.Second {
			t.Errorf("%s: %v after %v", name, err, time.Since(begin))
		}
	}
}

func TestASVS12_3_2_CertificatesAreChecked(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	server.Config.ErrorLog = nil
	c := Client(Options{AllowLoopback: true})
	if _, err := JSON(c)(context.Background(), server.URL); err == nil || errors.Is(err, ErrDocument) {
		t.Errorf("got %v", err)
	}
}

func TestRefusedRequestClosesBody(t *testing.T) {
	body := &closer{Reader: strings.NewReader("x")}
	req, err := http.NewRequest(http.MethodPost, "http://example.com", body)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Client(Options{}).Do(req); !errors.Is(err, ErrRefused) || !body.closed {
		t.Errorf("got %v, closed %v", err, body.closed)
	}
}

type closer struct {
	*strings.Reader
	closed bool
}

func (c *closer) Close() error { c.closed = true; return nil }
