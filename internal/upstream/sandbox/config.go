package sandbox

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// The credentials that are right unless [Config] names others.
const (
	DemoUsername = "sandbox"
	DemoPassword = "sandbox-password"
	DemoAPIKey   = "sandbox-api-key"
	DemoUserID   = "sandbox-user"
)

// Config is how a sandbox starts. The zero value is the built-in fleet and
// catalogue, the demo credentials, and no trouble at all.
type Config struct {
	Fleet   *Fleet  // nil: BuiltInFleet. It is not changed and may be shared
	Catalog Catalog // nil: BuiltInCatalog

	Credentials    Credentials // zero: the demo ones
	BadCredentials Refusal     // how wrong ones are refused; zero: RefuseWith401

	Latency   Latency // before each answer; zero: none
	RateLimit float64 // requests a second, for each upstream its own; 0: no limit
	RateStyle Kind    // how requests over it are refused, one of RateStyles; empty: 429
	Faults    []Fault // in order: the first that hits a request counts
	Seed      uint64  // of shares and latencies; the same seed makes the same choices

	Profile ProfileShape // which of betatel's documented shapes a profile has
}

// Credentials are what a client must send to be served.
type Credentials struct {
	Username, Password string // m2m, in every body
	APIKey, UserID     string // betatel, the headers x-api-key and x-user-id
}

// demo fills in the demo credentials where none are given.
func (c Credentials) orDemo() Credentials {
	if c == (Credentials{}) {
		return Credentials{DemoUsername, DemoPassword, DemoAPIKey, DemoUserID}
	}
	return c
}

// Refusal is how m2m answers wrong credentials; its documentation does not say.
// Betatel answers 401, or 403 with RefuseWith403.
type Refusal int

// The refusals.
const (
	RefuseWith401 Refusal = iota // HTTP 401 and a failure
	RefuseWith403                // HTTP 403 and a failure
	RefuseWith200                // HTTP 200 and a failure
)

// ProfileShape chooses among the shapes in which betatel's public pages show a
// profile. The zero value is flat, the IMSI a string, dates in seconds.
type ProfileShape struct {
	Wrapped      bool // {"profile": {…}}
	NumericIMSI  bool
	Milliseconds bool
}

// Latency is how long an answer takes: evenly spread from Min to Max.
type Latency struct {
	Min, Max time.Duration
}

// ParseLatency reads "20ms" or "20ms-80ms".
func ParseLatency(text string) (Latency, error) {
	least, most, spread := strings.Cut(text, "-")
	if !spread {
		most = least
	}
	lo, err := time.ParseDuration(strings.TrimSpace(least))
	if err != nil {
		return Latency{}, fmt.Errorf("latency %q: want a duration or a range, such as 20ms or 20ms-80ms", text)
	}
	hi, err := time.ParseDuration(strings.TrimSpace(most))
	if err != nil || lo < 0 || hi < lo {
		return Latency{}, fmt.Errorf("latency %q: want a duration or a range, such as 20ms or 20ms-80ms", text)
	}
	return Latency{lo, hi}, nil
}

// String is what ParseLatency reads.
func (l Latency) String() string {
	if l.Max <= l.Min {
		return l.Min.String()
	}
	return l.Min.String() + "-" + l.Max.String()
}

func (l Latency) draw(rng *rand.Rand) time.Duration {
	if l.Max <= l.Min {
		return l.Min
	}
	return l.Min + time.Duration(rng.Int64N(int64(l.Max-l.Min)+1))
}
