package outbound

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// TestL1_ASVS1_3_6_ASVS13_2_5_Addresses is the table of destinations, as they are judged when the
// connection is made.
func TestL1_ASVS1_3_6_ASVS13_2_5_Addresses(t *testing.T) {
	refused := strings.Fields(`
		0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.254 169.254.0.1
		169.254.169.254 169.254.170.2 169.254.79.129 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.1
		192.88.99.1 192.168.0.1 192.168.255.255 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1
		239.255.255.255 240.0.0.1 255.255.255.255
		:: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::ffff:0:8.8.8.8 64:ff9b::7f00:1 64:ff9b::808:808 64:ff9b:1::1
		100::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:db8::1 2002:7f00:1::1 2002:808:808::1 3fff::1
		5f00::1 fc00::1 fd00:ec2::254 fd12:3456::1 fe80::1 fe80::1%eth0 fec0::1 ff02::1 ff0e::1 4000::1`)
	allowed := strings.Fields(`
		1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.1 52.94.5.1 100.63.255.255 100.128.0.1 126.255.255.255 128.0.0.1
		172.15.255.255 172.32.0.1 192.167.255.255 192.169.0.1 198.17.255.255 198.20.0.1 223.255.255.255
		2600:1f18::1 2606:4700::1111 2a00:1450:4001::200e 2001:4860:4860::8888 2001:200::1`)
	for _, want := range []bool{false, true} {
		addresses := refused
		if want {
			addresses = allowed
		}
		for _, a := range addresses {
			addr := netip.MustParseAddr(a)
			if Public(addr) != want {
				t.Errorf("Public(%s) is %v", a, !want)
			}
			err := Options{}.checkDial("tcp4", netip.AddrPortFrom(addr, 443).String())
			if errors.Is(err, ErrRefused) == want {
				t.Errorf("dialing %s: %v", a, err)
			}
		}
	}
	if Public(netip.Addr{}) {
		t.Error("no address is public")
	}
}

func TestL1_ASVS13_2_5_DialOptions(t *testing.T) {
	for _, test := range []struct {
		o                Options
		network, address string
		ok               bool
	}{
		{Options{}, "tcp4", "8.8.8.8:443", true},
		{Options{}, "tcp6", "[2606:4700::1111]:443", true},
		{Options{}, "tcp4", "8.8.8.8:80", false},
		{Options{}, "tcp4", "8.8.8.8:8443", false},
		{Options{Ports: []uint16{8443}}, "tcp4", "8.8.8.8:8443", true},
		{Options{Ports: []uint16{8443}}, "tcp4", "10.0.0.1:8443", false},
		{Options{}, "udp4", "8.8.8.8:443", false},
		{Options{}, "unix", "/run/x", false},
		{Options{}, "tcp4", "example.com:443", false},
		{Options{}, "tcp4", "127.0.0.1:443", false},
		{Options{AllowLoopback: true}, "tcp4", "127.0.0.1:9001", true},
		{Options{AllowLoopback: true}, "tcp6", "[::1]:9001", true},
		{Options{AllowLoopback: true}, "tcp4", "0.0.0.0:443", false},
		{Options{AllowLoopback: true}, "tcp4", "169.254.169.254:80", false},
		{Options{AllowLoopback: true}, "tcp4", "8.8.8.8:80", false},
	} {
		if err := test.o.checkDial(test.network, test.address); (err == nil) != test.ok {
			t.Errorf("%+v %s %s: %v", test.o, test.network, test.address, err)
		}
	}
}

// TestL1_ASVS1_3_6_ASVS12_3_1_NothingIsReached spells this machine in many ways. The server must not
// see a connection.
func TestL1_ASVS1_3_6_ASVS12_3_1_NothingIsReached(t *testing.T) {
	var seen atomic.Int64
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ConnState = func(net.Conn, http.ConnState) { seen.Add(1) }
	server.StartTLS()
	defer server.Close()
	port := netip.MustParseAddrPort(server.Listener.Addr().String())
	p := ":" + port.String()[strings.LastIndex(port.String(), ":")+1:]
	c := Client(Options{Ports: []uint16{port.Port()}})
	for _, u := range []string{
		"https://127.0.0.1" + p, "https://localhost" + p, "https://[::1]" + p, "https://[::ffff:127.0.0.1]" + p,
		"https://0.0.0.0" + p, "https://[::]" + p, "https://127.1" + p, "https://2130706433" + p, "https://0x7f.1" + p,
		"https://0177.0.0.1" + p, "https://127.0.0.1." + p, "http://127.0.0.1" + p, "http://8.8.8.8", "http://example.com",
		"https://user@8.8.8.8", "https://user:pass@localhost" + p, "file:///etc/passwd", "gopher://127.0.0.1" + p, "//127.0.0.1", "",
	} {
		if _, err := Get(context.Background(), c, u, "json"); err == nil {
			t.Errorf("%s: no error", u)
		}
	}
	if n := seen.Load(); n != 0 {
		t.Errorf("%d connections", n)
	}
}

// TestL2_ASVS1_3_6_Names resolves names to whatever an attacker's server answers.
func TestL2_ASVS1_3_6_Names(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "10.0.0.1", "169.254.169.254", "0.0.0.0"} {
		resolver := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
			client, server := net.Pipe()
			go answerDNS(server, netip.MustParseAddr(ip))
			return client, nil
		}}
		c := client(Options{}, resolver)
		_, err := Get(context.Background(), c, "https://rebind.example.test/", "json")
		if !errors.Is(err, ErrRefused) {
			t.Errorf("name of %s: %v", ip, err)
		}
	}
}

// answerDNS answers one query, in the form with a length as over TCP.
func answerDNS(conn net.Conn, ip netip.Addr) {
	defer func() { _ = conn.Close() }()
	head := make([]byte, 2)
	if _, err := io.ReadFull(conn, head); err != nil {
		return
	}
	query := make([]byte, int(head[0])<<8|int(head[1]))
	if _, err := io.ReadFull(conn, query); err != nil {
		return
	}
	var m dnsmessage.Message
	if m.Unpack(query) != nil {
		return
	}
	m.Response, m.Additionals = true, nil
	if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
		m.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
			Body:   &dnsmessage.AResource{A: ip.As4()},
		}}
	}
	answer, err := m.Pack()
	if err != nil {
		return
	}
	_, _ = conn.Write(append([]byte{byte(len(answer) >> 8), byte(len(answer))}, answer...))
}

// TestNoProxy looks at the transport itself, because the standard library reads
// the environment only once in the life of a process.
func TestNoProxy(t *testing.T) {
	if Client(Options{}).Transport.(guard).next.(*http.Transport).Proxy != nil {
		t.Error("a proxy may be used")
	}
}

func TestLoopbackOption(t *testing.T) {
	var seen atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		seen.Add(1)
		w.Header().Set("Content-Type", "application/json")
	}))
	defer server.Close()
	c := Client(Options{AllowLoopback: true})
	if _, err := Get(context.Background(), c, server.URL, "json"); err != nil {
		t.Error(err)
	}
	for _, u := range []string{
		strings.Replace(server.URL, "://", "://user@", 1), "http://8.8.8.8:443/", "http://127.0.0.1.example.test/", "http://0.0.0.0/",
	} {
		if _, err := Get(context.Background(), c, u, "json"); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", u, err)
		}
	}
	if n := seen.Load(); n != 1 {
		t.Errorf("%d requests", n)
	}
}
