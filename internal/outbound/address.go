package outbound

import "net/netip"

// special4 are the IPv4 blocks that are not reachable over the public internet or
// that stand for something else (IANA registry of special-purpose addresses).
var special4 = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"), // carrier-grade NAT
	netip.MustParsePrefix("127.0.0.0/8"),
	netip.MustParsePrefix("169.254.0.0/16"), // link-local, metadata of clouds
	netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("192.31.196.0/24"),
	netip.MustParsePrefix("192.52.193.0/24"),
	netip.MustParsePrefix("192.88.99.0/24"), // relays of 6to4
	netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("192.175.48.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("224.0.0.0/3"), // multicast, reserved, broadcast
}

// global6 is the only IPv6 block from which public addresses are handed out.
// Unspecified, loopback, unique local, link-local, multicast, IPv4-mapped and
// NAT64 addresses all lie outside of it.
var global6 = netip.MustParsePrefix("2000::/3")

// special6 are the parts of global6 that are not public, or that carry an IPv4
// address inside and would go around the IPv4 list.
var special6 = []netip.Prefix{
	netip.MustParsePrefix("2001::/23"), // protocol assignments, Teredo
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"), // 6to4
	netip.MustParsePrefix("2620:4f:8000::/48"),
	netip.MustParsePrefix("3fff::/20"),
}

// Public reports whether addr is a global unicast address of the public internet.
func Public(addr netip.Addr) bool {
	special := special4
	if !addr.Is4() {
		// Contains is false for IPv4-mapped addresses and for those with a zone.
		if !global6.Contains(addr) {
			return false
		}
		special = special6
	}
	for _, p := range special {
		if p.Contains(addr) {
			return false
		}
	}
	return addr.IsValid()
}
