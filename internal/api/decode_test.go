package api

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/bound"
	"gatehouse/internal/fault"
)

type sample struct {
	ID    int64           `path:"id"`
	Name  string          `json:"name" rule:"required,min=3,max=8"`
	Exact string          `json:"exact" rule:"exact,blank"`
	Flag  bool            `json:"flag"`
	At    Opt[time.Time]  `json:"at" rule:"null"`
	Tags  []string        `json:"tags"`
	Raw   json.RawMessage `json:"raw" rule:"null"`
	N     Opt[int64]      `json:"n"`
	Only  string          `query:"only"`
}

// body renders what a wrong request would be answered with.
func body(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	f := fault.Of(err)
	if f.Status >= 500 {
		t.Fatalf("internal error: %v", err)
	}
	v := f.Body
	if v == nil {
		v = map[string]string{"detail": f.Detail}
	}
	b, err := encode(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestBind(t *testing.T) {
	long := strings.Repeat("x", 9)
	for _, tt := range []struct{ in, want string }{
		{`{"name":"abc"}`, ``},
		{` {"name":" abc "} `, ``},
		{``, `{"name":["This field is required."]}`},
		{`{}`, `{"name":["This field is required."]}`},
		{`{"name":null}`, `{"name":["This field may not be null."]}`},
		{`{"name":" "}`, `{"name":["This field may not be blank."]}`},
		{`{"name":"ab"}`, `{"name":["Ensure this field has at least 3 characters."]}`},
		{`{"name":"` + long + `"}`, `{"name":["Ensure this field has no more than 8 characters."]}`},
		{`{"name":true}`, `{"name":["Not a valid string."]}`},
		{`{"name":["abc"]}`, `{"name":["Not a valid string."]}`},
		{`{"name":12345}`, ``},
		{`{"name":"a\u0000bc"}`, `{"name":["Null characters are not allowed."]}`},
		{`{"name":"abc","flag":"maybe","n":1.5}`, `{"flag":["Must be a valid boolean."],"n":["A valid integer is required."]}`},
		{`{"name":"abc","n":9007199254740993}`, `{"n":["A valid integer is required."]}`},
		{`{"name":"abc","n":1e400}`, `{"n":["A valid integer is required."]}`},
		{`{"name":"abc","at":null}`, ``},
		{`{"name":"abc","at":"soon"}`, `{"at":["` + timeWrong + `"]}`},
		{`{"name":"abc","at":"2026-11-24T05:00:00+02:00"}`, ``},
		{`{"name":"abc","tags":"x"}`, `{"tags":["Expected a list of items but got type \"str\"."]}`},
		{`{"name":"abc","tags":["x",1,null]}`, `{"tags":["Not a valid string."]}`},
		{`{"name":"abc","Name":"x"}`, `{"Name":["Unknown field."]}`},
		{`{"name":"abc","nāme":"x"}`, `{"nāme":["Unknown field."]}`},
		{`{"name":"abc","name":"abd"}`, `{"detail":"JSON parse error - the name \"name\" stands twice in an object"}`},
		{`{"name":"abc"} {}`, `{"detail":"JSON parse error - something follows after the value"}`},
		{`{"name":"abc"`, `{"detail":"JSON parse error - invalid JSON at byte 13"}`},
		{"{\"name\":\"a\xffc\"}", `{"detail":"JSON parse error - the text is not valid UTF-8"}`},
		{`{"name":"abc","raw":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`, `{"detail":"JSON parse error - deeper than 32 levels"}`},
		{`{"name":"abc","raw":[` + strings.Repeat("1,", 200) + `1]}`, `{"detail":"JSON parse error - more than 100 elements in an array"}`},
		{`[]`, `{"non_field_errors":["Invalid data. Expected a dictionary, but got list."]}`},
		{`"x"`, `{"non_field_errors":["Invalid data. Expected a dictionary, but got str."]}`},
		{`null`, `{"non_field_errors":["Invalid data. Expected a dictionary, but got NoneType."]}`},
	} {
		_, err := bind[sample](&Request{Method: "POST", Body: []byte(tt.in), Params: map[string]string{"id": "7"}}, true)
		got := body(t, err)
		if got != tt.want {
			t.Errorf("%.60s\n got %s\nwant %s", tt.in, got, tt.want)
		}
	}
}

func TestBindPath(t *testing.T) {
	for id, want := range map[string]string{
		"7": "", "x": `{"detail":"Not found."}`, "007": `{"detail":"Not found."}`, "-1": `{"detail":"Not found."}`,
		"99999999999999999999": `{"detail":"Not found."}`, "7\x00": `{"detail":"Not found."}`, "self": `{"detail":"Method \"POST\" not allowed."}`,
	} {
		_, err := bind[sample](&Request{Method: "POST", Body: []byte(`{"name":"abc"}`), Params: map[string]string{"id": id}}, true)
		if got := body(t, err); got != want {
			t.Errorf("%q: got %s want %s", id, got, want)
		}
	}
}

// FuzzBind never panics, and never accepts what encoding/json would refuse.
func FuzzBind(f *testing.F) {
	f.Add([]byte(`{"name":"abc","tags":["x"],"raw":{"a":[1,{}]},"n":3}`))
	f.Add([]byte(`{"name":"abc","name":"abd"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		defer bound.Of(t)()
		in, err := bind[sample](&Request{Method: "POST", Body: b, Params: map[string]string{"id": "7"}}, true)
		if err != nil {
			if fault.Of(err).Status >= 500 {
				t.Errorf("internal error for %q: %v", b, err)
			}
			return
		}
		if !json.Valid(b) || len(in.Name) < 3 {
			t.Errorf("%q was accepted as %+v", b, in)
		}
	})
}

func TestNegotiate(t *testing.T) {
	for accept, want := range map[string]string{
		"": mediaJSON, "*/*": mediaJSON, "application/json": mediaJSON, "text/html, */*;q=0.1": mediaJSON,
		"application/vnd.cvat+json": mediaCVAT, "application/vnd.cvat+json; version=2.0": mediaCVAT,
		"application/vnd.cvat+json; version=1.0": "406", "text/plain": "406", "application/xml": "406",
	} {
		got, err := negotiate(&Request{Header: map[string]string{"accept": accept}})
		if err != nil {
			got = "406"
		}
		if got != want {
			t.Errorf("%q: %s, want %s", accept, got, want)
		}
	}
}
