package jobs

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// AccountName names an account: <upstream>:<user>@<host>. host may have a port,
// as in url.URL.Host. However the host is spelled, the name is the same.
func AccountName(u Upstream, user, host string) string {
	return NormalAccount(string(u) + ":" + user + "@" + host)
}

// NormalAccount is the one spelling of an account's name. Of
// <upstream>:<user>@<host> it takes the host in lower case, an internationalised
// one in its ASCII form (RFC 5891), an address in its shortest form, without a
// default port and a final dot; the user stays as it is. Any other name, such as a person
// may give an account, stays as it is but for the spaces around it. A comma is
// taken for a semicolon, for lists of accounts are written with commas.
//
// A name does not say by which scheme its host is spoken to, so 443 and 80 are
// both default ports: a name that an earlier version wrote must be found again.
func NormalAccount(name string) string {
	name = strings.ReplaceAll(strings.TrimSpace(name), ",", ";")
	upstream, rest, _ := strings.Cut(name, ":")
	at := strings.LastIndexByte(rest, '@')
	if at < 0 || !slices.Contains(Upstreams, Upstream(strings.ToLower(upstream))) {
		return name
	}
	return strings.ToLower(upstream) + ":" + rest[:at] + "@" + normalHost(rest[at+1:])
}

var defaultPorts = []int{443, 80}

func normalHost(hostPort string) string {
	hostPort = strings.ToLower(hostPort)
	host, port := splitPort(hostPort)
	host = strings.TrimRight(host, ".")
	switch addr, err := netip.ParseAddr(host); {
	case err == nil && addr.Is6():
		host = "[" + addr.String() + "]"
	case err == nil:
		host = addr.String()
	case strings.ContainsAny(host, ":[]"):
		return hostPort // no host at all
	default:
		if ascii, err := idna.Lookup.ToASCII(host); err == nil {
			host = ascii
		}
	}
	if n, err := strconv.Atoi(port); err == nil && !slices.Contains(defaultPorts, n) {
		return host + ":" + strconv.Itoa(n)
	}
	return host
}

// splitPort takes host:port apart; host comes without the brackets of an IPv6
// address. What is not a port is part of the host.
func splitPort(hostPort string) (host, port string) {
	host = hostPort
	if i := strings.LastIndexByte(hostPort, ':'); i > strings.LastIndexByte(hostPort, ']') && isPort(hostPort[i+1:]) {
		if bare := hostPort[:i]; !strings.Contains(bare, ":") || strings.HasPrefix(bare, "[") {
			host, port = bare, hostPort[i+1:]
		}
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		host = strings.TrimSuffix(inner, "]")
	}
	return host, port
}

// isPort also takes the empty port, which means the default one (RFC 3986,
// section 3.2.3).
func isPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return text == "" || err == nil && n > 0
}
