package list

import (
	"net/url"
	"testing"
)

func TestLinks(t *testing.T) {
	rows := numbered(30)
	for _, c := range []struct{ raw, next, previous string }{
		{"", "page=2", ""},
		{"page=2", "page=3", "-"},
		{"page=3", "", "page=2"},
		{"page=last", "", "page=2"},
		{"page_size=all", "", ""},
		{"z=1&page=2&a=b+c&a=%2B", "a=b+c&a=%2B&page=3&z=1", "a=b+c&a=%2B&z=1"},
		{"page=1&page=2&sort=", "page=3&sort=", "sort="},
		{"page=2&x", "page=3&x=", "x="},
		{"page=2&q=%zz;%C3%A9~*", "page=3&q=%25zz%3B%C3%A9~%2A", "q=%25zz%3B%C3%A9~%2A"},
		{"page=2&q=%FF%2&&", "page=3&q=%EF%BF%BD%252", "q=%EF%BF%BD%252"},
		{"page=2&org=&page_size=5", "org=&page=3&page_size=5", "org=&page_size=5"},
	} {
		base, err := url.Parse("https://cvat.example:8443/api/a%20b")
		if err != nil {
			t.Fatal(err)
		}
		base.RawQuery = c.raw
		_, page := run(t, rows, c.raw)
		next, previous := page.Links(base)
		if want := full(c.next); next != want {
			t.Errorf("%q next: got %s, want %s", c.raw, next, want)
		}
		if want := full(c.previous); previous != want {
			t.Errorf("%q previous: got %s, want %s", c.raw, previous, want)
		}
		if base.RawQuery != c.raw {
			t.Errorf("%q: base was changed", c.raw)
		}
	}
}

// full completes a query to an address; "-" stands for no query.
func full(query string) string {
	const path = "https://cvat.example:8443/api/a%20b"
	switch query {
	case "":
		return ""
	case "-":
		return path
	}
	return path + "?" + query
}
