package gateway

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/aws/aws-lambda-go/events"
)

// writeReply sends a function's reply. With an error nothing has been sent. A reply
// without statusCode is refused, although the gateway would guess one: a function of
// ours that leaves it out is broken.
func writeReply(w http.ResponseWriter, r *http.Request, out []byte) error {
	var reply events.APIGatewayV2HTTPResponse
	if err := json.Unmarshal(out, &reply); err != nil {
		return errors.New("reply is not JSON of payload 2.0")
	}
	if reply.StatusCode < 200 || reply.StatusCode > 599 {
		return fmt.Errorf("reply has status %d", reply.StatusCode)
	}
	body := []byte(reply.Body)
	if reply.IsBase64Encoded {
		var err error
		if body, err = base64.StdEncoding.DecodeString(reply.Body); err != nil {
			return errors.New("reply's body is not base64")
		}
	}
	h := w.Header()
	for name, value := range reply.Headers {
		if key := http.CanonicalHeaderKey(name); key != "Content-Length" && key != "Set-Cookie" && !ofConnection(key) {
			h.Set(key, value)
		}
	}
	for _, cookie := range reply.Cookies {
		h.Add("Set-Cookie", cookie)
	}
	write(w, r.Method, reply.StatusCode, body)
	return nil
}

// write sends status and body. net/http must not guess the type of a body, which
// the gateway does not do either, nor is there a body to an answer without one.
func write(w http.ResponseWriter, method string, status int, body []byte) {
	h := w.Header()
	if status == http.StatusNoContent || status == http.StatusNotModified {
		w.WriteHeader(status)
		return
	}
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "text/plain; charset=utf-8")
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if method != http.MethodHead {
		_, _ = w.Write(body) // a client that has gone needs no answer
	}
}

// refuse sends one of the gateway's own answers, whose bodies are fixed on AWS.
func refuse(w http.ResponseWriter, status int, text string) {
	body, err := json.Marshal(map[string]string{"message": text})
	if err != nil { // a map of strings always encodes
		body = nil
	}
	w.Header().Set("Content-Type", "application/json")
	write(w, "", status, body)
}
