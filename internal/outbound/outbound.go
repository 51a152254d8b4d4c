// Package outbound makes the HTTP client for addresses that were not written by
// the programmers of this system: issuers of tokens, identity providers and
// their metadata.
//
// Such an address may be chosen by somebody who would like this server to reach
// a place the public cannot: the metadata service of the cloud, a database, the
// runtime of the function itself. Names are no protection, because a name can
// resolve to anything, and to something else at the second look. The client
// therefore judges the address that is about to be connected to, after name
// resolution, for every connection. It follows no redirects, reads no proxy from
// the environment, never decompresses and is done within a few seconds.
package outbound

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"syscall"
	"time"
)

// ErrRefused is returned (wrapped) when the destination is one this client must
// never talk to.
var ErrRefused = errors.New("outbound: destination refused")

const (
	defaultTimeout = 3 * time.Second
	connectTimeout = time.Second
	maxHeaderBytes = 32 << 10
	httpsPort      = 443
)

// Options say what a client may do beyond https to public addresses at port 443.
type Options struct {
	// AllowLoopback permits this machine as destination, over http as well and
	// at any port. It is meant for development and tests.
	AllowLoopback bool
	// Ports lists ports besides 443 at which an identity provider may live.
	Ports []uint16
	// Timeout covers the whole exchange from the connection to the last byte of
	// the body. Zero means 3 seconds.
	Timeout time.Duration
}

// Client returns an HTTP client under the rules of the package comment.
func Client(o Options) *http.Client {
	return client(o, nil)
}

// client lets tests bring a name resolver of their own.
func client(o Options, resolver *net.Resolver) *http.Client {
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	dialer := &net.Dialer{
		Timeout:  connectTimeout,
		Resolver: resolver,
		Control: func(network, address string, _ syscall.RawConn) error {
			return o.checkDial(network, address)
		},
	}
	transport := &http.Transport{
		Proxy:                  nil,
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    o.Timeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
		// A decompressed body has no useful upper bound.
		DisableCompression: true,
		// Fetches are hours apart, and a frozen function would wake up with dead
		// connections. Each exchange also gets its own look at the address.
		DisableKeepAlives: true,
	}
	return &http.Client{
		Timeout:   o.Timeout,
		Transport: guard{options: o, next: transport},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
}

// checkDial judges one resolved address right before the connection is made.
func (o Options) checkDial(network, address string) error {
	if network != "tcp4" && network != "tcp6" {
		return fmt.Errorf("%w: network %q", ErrRefused, network)
	}
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: no numeric address", ErrRefused)
	}
	if o.AllowLoopback && to.Addr().IsLoopback() {
		return nil
	}
	if !Public(to.Addr()) {
		return fmt.Errorf("%w: not a public address", ErrRefused)
	}
	if to.Port() != httpsPort && !slices.Contains(o.Ports, to.Port()) {
		return fmt.Errorf("%w: port %d", ErrRefused, to.Port())
	}
	return nil
}

// guard refuses addresses by their form, before any name is looked up.
type guard struct {
	options Options
	next    http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (g guard) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := g.check(r.URL); err != nil {
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, err
	}
	return g.next.RoundTrip(r)
}

func (g guard) check(u *url.URL) error {
	switch {
	case u.User != nil:
		return fmt.Errorf("%w: address with credentials", ErrRefused)
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && g.options.AllowLoopback && LoopbackHost(u.Hostname()):
		return nil
	}
	return fmt.Errorf("%w: https is required", ErrRefused)
}

// LoopbackHost reports whether a host as written in a URL names this machine. It
// looks at the text only and resolves nothing.
func LoopbackHost(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}
