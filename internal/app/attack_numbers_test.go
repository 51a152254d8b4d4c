package app_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"io"
	"strings"
	"testing"

	"gatehouse/internal/apptest"
)

// TestJ8_GO20231664_CVE202326483_CompressedBodies sends bodies that are small, and
// would be large if anybody unpacked them, under every name of a compression.
func TestJ8_GO20231664_CVE202326483_CompressedBodies(t *testing.T) {
	bomb := func(pack func(io.Writer) io.WriteCloser) string {
		var b bytes.Buffer
		w := pack(&b)
		for range 64 {
			if _, err := w.Write(bytes.Repeat([]byte(" "), 1<<20)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.Write([]byte(`{"x":1}`)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	packed := map[string]string{
		"gzip":    bomb(func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })[:60<<10],
		"deflate": bomb(func(w io.Writer) io.WriteCloser { f, _ := flate.NewWriter(w, 9); return f })[:60<<10],
	}
	for _, name := range []string{"br", "zstd", "compress", "x-gzip", "GZIP", "gzip, gzip", "identity, gzip", "dcb", "x"} {
		packed[name] = packed["gzip"]
	}
	tryAll(t, func(t *testing.T, _ change, send func(string, ...string) *apptest.Answer) {
		for name, body := range packed {
			if a := send(body, "Content-Encoding", name); a.Status != 415 || !strings.Contains(a.Body, "Content-Encoding") {
				t.Errorf("%s: %d %s", name, a.Status, a.Body)
			}
		}
	})
}

// TestJ9_Numbers sends, where the id of somebody is expected, numbers that some parsers
// read as another, and what is none.
func TestJ9_Numbers(t *testing.T) {
	w := apptest.New(t, limitsOff, transferOn)
	w.Join("founder", "founder@example.org")
	team := w.Found(w.SignIn("founder"), "acme")
	unchanged(t, w, func() {
		for _, n := range []string{"1e400", "-1e400", "1e-400", "-0", "9007199254740993", "18446744073709551617", "-9223372036854775809", "1.5", "0.1e1", "1e0", "01", "+1", ".5", "1.", "0x1", "1_000", "NaN", "Infinity", `"x"`, `""`, `"1 "`, "true", "null", "[1]", `{"id":1}`, strings.Repeat("9", 41)} {
			if a := team.Owner.Do("POST", team.Path("/ownership"), `{"user_id":`+n+`}`); a.Status != 400 {
				t.Errorf("%s: %d %s", n, a.Status, a.Body)
			}
		}
	})
}
