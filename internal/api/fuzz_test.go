package api

import (
	"strings"
	"testing"
	"unicode/utf8"

	"gatehouse/internal/bound"
	"gatehouse/internal/fault"
)

// FuzzForm: a posted form is read as text that is whole, or refused.
func FuzzForm(f *testing.F) {
	f.Add("application/x-www-form-urlencoded", "username=a&password=b&next=%2Fx")
	f.Add("application/x-www-form-urlencoded; charset=utf-8", "a=%ff&b=%zz;c=1")
	f.Add("APPLICATION/X-WWW-FORM-URLENCODED", strings.Repeat("a=b&", 17_000))
	f.Add("text/plain", "a=b")
	f.Fuzz(func(t *testing.T, media, body string) {
		defer bound.Of(t)()
		v, err := Form(&Request{Method: "POST", Header: map[string]string{"content-type": media}, Body: []byte(body)})
		if err != nil {
			if s := fault.Of(err).Status; s != 400 && s != 413 && s != 415 {
				t.Errorf("%q: %v", body, err)
			}
			return
		}
		if len(body) > MaxBody {
			t.Errorf("%d bytes were read", len(body))
		}
		for name, values := range v {
			if !utf8.ValidString(name + strings.Join(values, "")) {
				t.Errorf("%q is read as %q", body, v)
			}
		}
	})
}

// FuzzOrigin: what the headers of a request say of where it comes from never panics;
// what is shown to people of a program is of a few words, and a network one of ours.
func FuzzOrigin(f *testing.F) {
	f.Add("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "203.0.113.9")
	f.Add("cvat_sdk/2.73.0\x00\r\n", "::ffff:10.0.0.1")
	f.Add(strings.Repeat("Safari/Windows", 1000), "fe80::1%eth0")
	f.Fuzz(func(t *testing.T, program, ip string) {
		defer bound.Of(t)()
		words := agent(program)
		if len(words) > 40 || strings.Trim(words, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz ") != "" {
			t.Errorf("%q is shown as %q", program, words)
		}
		network := Network(ip)
		if network != "unknown" && !strings.HasSuffix(network, "/24") && !strings.HasSuffix(network, "/64") || len(network) > 60 {
			t.Errorf("%q is of %q", ip, network)
		}
	})
}
