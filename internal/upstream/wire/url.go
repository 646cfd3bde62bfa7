package wire

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// CheckURL reads the address of an upstream: https, or plain http to loopback
// (127.0.0.0/8, ::1, localhost), without user, password, query or fragment.
// The error names the variable and never quotes its value, which may hold a
// password in the wrong place.
func CheckURL(name, raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Opaque != "" || u.Hostname() == "" || !validPort(u):
		return nil, fmt.Errorf("%s is not a usable URL: write it as https://host/path", name)
	case u.User != nil:
		return nil, fmt.Errorf("%s must not hold a user or password", name)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, fmt.Errorf("%s must not hold a query or fragment", name)
	case u.Scheme == "http" && !Loopback(u.Hostname()):
		return nil, fmt.Errorf("%s must be an https URL: plain http is for loopback only", name)
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("%s must be an https URL", name)
	}
	return u, nil
}

func validPort(u *url.URL) bool {
	if u.Port() == "" {
		return true
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	return err == nil && port > 0
}

// Loopback reports whether a host, without a port, is this machine itself.
func Loopback(host string) bool {
	if strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
