package gateway

import "testing"

// TestASVS4_2_1_MessagesHaveOneEnd sends messages that two parsers could read in two ways:
// none of them reaches a function with a body that was not meant.
func TestASVS4_2_1_MessagesHaveOneEnd(t *testing.T) {
	const start = "POST /api/auth/register HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n"
	for name, request := range map[string]string{
		"two lengths":          start + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
		"a list of lengths":    start + "Content-Length: 1, 2\r\n\r\nab",
		"signed length":        start + "Content-Length: +2\r\n\r\nab",
		"negative length":      start + "Content-Length: -2\r\n\r\nab",
		"length in hex":        start + "Content-Length: 0x2\r\n\r\nab",
		"space before colon":   start + "Content-Length : 2\r\n\r\nab",
		"folded header":        start + "X: y\r\n Content-Length: 2\r\n\tz\r\nNo colon\r\n\r\nab",
		"unknown coding":       start + "Transfer-Encoding: xchunked\r\n\r\nab",
		"two codings":          start + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
		"coding with tab":      start + "Transfer-Encoding: chunked, \x0bidentity\r\n\r\n0\r\n\r\n",
		"chunk without number": start + "Transfer-Encoding: chunked\r\n\r\nnonsense\r\n\r\n",
		"chunk too large":      start + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nab\r\n0\r\n\r\n",
		"chunk by bare LF":     start + "Transfer-Encoding: chunked\r\n\r\n2\nab\n0\n\n",
		"NUL in a header":      start + "X: a\x00b\r\nContent-Length: 2\r\n\r\nab",
		"CR in a header":       start + "X: a\rContent-Length: 2\r\n\r\nab",
	} {
		w := newWorld(t, Options{})
		if status, body := w.raw(request); status < 400 || len(w.got) != 0 {
			t.Errorf("%s: %d %s, %d events", name, status, body, len(w.got))
		}
	}
	// With a coding and a length the coding counts, and the length is not passed on.
	w := newWorld(t, Options{})
	w.raw(start + "Content-Length: 40\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n")
	if len(w.got) == 1 {
		if e := w.last(); e.Body != "ab" || e.Headers["transfer-encoding"] != "" || e.Headers["content-length"] == "40" {
			t.Errorf("both: body %q, headers %v", e.Body, e.Headers)
		}
	}
}
