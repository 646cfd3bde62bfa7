// Package notify tells a web hook how a run ended. What it posts is the JSON
// report of the run with a text that Slack, and what understands the same,
// shows. A hook that cannot be reached never changes how the run ended: that
// is for its caller to see to, who also says how it is reached.
package notify

import (
	"errors"
	"log/slog"
	"net/netip"
	"net/url"
	"strings"
)

// Target is the address of a web hook. Whoever knows it can post there, so
// however it is printed or logged, its host alone is seen.
type Target struct{ address *url.URL }

// ParseTarget reads an address: https, or plain http to loopback, without user
// or password. The error never quotes it.
func ParseTarget(raw string) (Target, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Opaque != "" || u.Hostname() == "":
		return Target{}, errors.New("the address is not a usable URL: write it as https://host/path")
	case u.User != nil:
		return Target{}, errors.New("the address must not hold a user or password")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return Target{}, errors.New("the address must be an https URL: plain http is for loopback only")
	case u.Scheme != "https" && u.Scheme != "http":
		return Target{}, errors.New("the address must be an https URL")
	}
	u.Fragment = ""
	return Target{u}, nil
}

func loopback(host string) bool {
	if strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

func (t Target) String() string {
	switch u := t.address; {
	case u == nil:
		return ""
	case (u.Path == "" || u.Path == "/") && u.RawQuery == "":
		return u.Scheme + "://" + u.Host
	default:
		return u.Scheme + "://" + u.Host + "/***"
	}
}

// GoString keeps %#v from printing the address.
func (t Target) GoString() string { return t.String() }

// LogValue keeps a log from holding the address.
func (t Target) LogValue() slog.Value { return slog.StringValue(t.String()) }

// MarshalText keeps JSON from holding the address.
func (t Target) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// Masked is an address as it may be shown, whether it is usable or not.
func Masked(raw string) string {
	t, err := ParseTarget(raw)
	if err != nil {
		return "***"
	}
	return t.String()
}
