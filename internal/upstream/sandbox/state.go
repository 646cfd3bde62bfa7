package sandbox

import (
	"context"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"bulk/internal/jobs"
)

// Sandbox is both upstreams and what was done to their SIMs. All of its methods
// may be used at any time, from any goroutine.
type Sandbox struct {
	config  Config
	fleet   *Fleet
	handler http.Handler
	started time.Time
	closed  chan struct{} // closed by Close
	once    sync.Once

	pictures pictures

	mu        sync.Mutex
	rng       *rand.Rand
	names     names       // the fleet's, and the catalogue's codes
	types     []GroupType // by name
	states    []state     // by SIM
	twice     []uint32    // SIMs with more than one set_aa_group done
	done      int         // set_aa_group done
	upstreams map[jobs.Upstream]*upstream
	latency   Latency
	faults    []faultCount
	ownSeen   map[ownFault]int // how often a SIM's own fault was matched
	gate      *gate
	followed  int // redirects that a client followed
	stray     int // requests that no API has
	conns     connections
}

// upstream is the run-time settings and the counts of one of the two.
type upstream struct {
	limit     *limiter
	rateStyle Kind
	outage    Outage
	peak      peak
	UpstreamStats
}

type faultCount struct {
	Fault
	seen int
}

type ownFault struct {
	sim   uint32
	index int
}

// find looks a SIM up.
func (s *Sandbox) find(iccid string) (uint32, bool) {
	p, ok := pack(iccid)
	if !ok {
		return 0, false
	}
	i, ok := s.fleet.index[p]
	return i, ok
}

// wait tells false where the client left or the sandbox closed before the time
// was over.
func (s *Sandbox) wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		select {
		case <-ctx.Done():
			return false
		case <-s.closed:
			return false
		default:
			return true
		}
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	case <-s.closed:
		return false
	}
}

// UpstreamStats is what one upstream has seen.
type UpstreamStats struct {
	Requests            int            `json:"requests"`
	Operations          map[string]int `json:"operations"` // "unknown" for what the API lacks
	Statuses            map[int]int    `json:"statuses"`   // 0: no complete answer was sent
	Faults              map[Kind]int   `json:"faults"`     // how often each kind was made
	RefusedForRate      int            `json:"refused_for_rate"`
	RejectedCredentials int            `json:"rejected_credentials"`
	InFlight            int            `json:"in_flight"`
	MaxInFlight         int            `json:"max_in_flight"`
	PeakPerSecond       int            `json:"peak_per_second"` // most requests in any sliding second
}

// connections counts a server's connections.
type connections struct{ opened, open, most int }

// Outage is how an upstream is down.
type Outage string

// The outages. One where connections are refused is for Running: Pause.
const (
	NoOutage    Outage = ""
	OutageReset Outage = "reset" // every request's connection is reset
	Outage503   Outage = "503"   // every request is answered with 503, without Retry-After
)

// gate holds requests that arrive while it is closed.
type gate struct {
	scope Scope
	open  chan struct{}
	held  int
}
