package list

import (
	"net/http"

	"github.com/go-json-experiment/json/jsontext"
)

// Error is a refusal: the status and the exact JSON body of the answer.
type Error struct {
	Status int            // 400 or 404
	Body   jsontext.Value // compact JSON, ready to be sent
}

// Error makes the refusal readable in logs and tests.
func (e *Error) Error() string { return string(e.Body) }

// fieldError is one complaint about one parameter.
type fieldError struct{ name, text string }

func quote(dst []byte, s string) []byte {
	// The only failure is invalid UTF-8, which the result then holds as
	// U+FFFD; that is what we want to send.
	dst, _ = jsontext.AppendQuote(dst, s)
	return dst
}

// refuse is a bare list, the shape of what is raised outside a serializer.
func refuse(text string) *Error {
	body := append(quote([]byte{'['}, text), ']')
	return &Error{Status: http.StatusBadRequest, Body: body}
}

// refuseFields is an object of lists. It is written by hand to keep the order
// of the fields, which a Go map would lose.
func refuseFields(faults []fieldError) *Error {
	body := []byte{'{'}
	for i, f := range faults {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(quote(body, f.name), ':', '[')
		body = append(quote(body, f.text), ']')
	}
	return &Error{Status: http.StatusBadRequest, Body: append(body, '}')}
}

func invalidPage() *Error {
	return &Error{Status: http.StatusNotFound, Body: jsontext.Value(`{"detail":"Invalid page."}`)}
}
