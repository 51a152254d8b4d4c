package gateway

import (
	"net/http"
	"net/netip"
	"strings"
)

// peer takes the address of the connection, or of X-Forwarded-For the value hops
// places from the right: the last one was appended by the proxy that connects, what
// stands further left than all trusted proxies may be anything. A request with fewer
// values, or with no address there, is one that came past the proxies and is known by
// its connection.
func peer(hops int) func(*http.Request) string {
	return func(r *http.Request) string {
		if hops > 0 {
			values := strings.Split(strings.Join(r.Header["X-Forwarded-For"], ","), ",")
			if at := len(values) - hops; at >= 0 {
				if addr, ok := address(strings.TrimSpace(values[at])); ok {
					return addr
				}
			}
		}
		if addr, ok := address(r.RemoteAddr); ok {
			return addr
		}
		return netip.IPv4Unspecified().String() // a Unix socket has no address
	}
}

// address reads an address with or without port and writes it in one way.
func address(s string) (string, bool) {
	addr, err := netip.ParseAddr(s)
	if err != nil {
		withPort, err := netip.ParseAddrPort(s)
		if err != nil {
			return "", false
		}
		addr = withPort.Addr()
	}
	return addr.Unmap().WithZone("").String(), true
}
