package sandbox

import (
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"bulk/internal/jobs"
)

// New makes a sandbox that nobody can reach yet; Start or Handler let others in.
func New(config Config) *Sandbox {
	if config.Fleet == nil {
		config.Fleet = BuiltInFleet()
	}
	if config.Catalog == nil {
		config.Catalog = BuiltInCatalog()
	}
	config.Credentials = config.Credentials.orDemo()
	f := config.Fleet
	s := &Sandbox{
		config:    config,
		fleet:     f,
		started:   time.Now(),
		closed:    make(chan struct{}),
		rng:       rand.New(rand.NewPCG(config.Seed, 0)),
		names:     names{slices.Clone(f.names.list), maps.Clone(f.names.number)},
		states:    slices.Clone(f.states),
		latency:   config.Latency,
		ownSeen:   map[ownFault]int{},
		upstreams: map[jobs.Upstream]*upstream{},
	}
	for _, g := range config.Catalog {
		s.names.of(g.Code)
	}
	for _, name := range s.names.list {
		s.types = append(s.types, config.Catalog.typeOf(name))
	}
	for _, u := range jobs.Upstreams {
		s.upstreams[u] = &upstream{UpstreamStats: newUpstreamStats()}
	}
	s.SetRateLimit("", config.RateLimit, config.RateStyle)
	s.SetFaults(config.Faults)
	s.handler = s.routes()
	return s
}

// Handler serves both APIs, for a server of one's own; Close it before that
// server, or requests that hang will hold it up.
func (s *Sandbox) Handler() http.Handler { return s.handler }

// Close ends the requests that hang, are held or wait. It does not end what
// Start began: Running has its own Close.
func (s *Sandbox) Close() { s.once.Do(func() { close(s.closed) }) }

func (s *Sandbox) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{$}", s.serveM2M)
	mux.HandleFunc("GET /api/v1/esim/euicc-profiles/{iccid}", s.serveProfile)
	mux.HandleFunc("GET /api/v1/esim/euicc-profiles/{iccid}/qrcode", s.serveQRCode)
	mux.HandleFunc("GET /_sandbox/stats", s.serveStats)
	mux.HandleFunc("GET /_sandbox/sim/{iccid}", s.serveSIM)
	mux.HandleFunc("GET /_sandbox/commands", s.serveCommands)
	mux.HandleFunc("POST /_sandbox/control", s.serveControl)
	mux.HandleFunc(redirectPath, func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.followed++
		s.mu.Unlock()
		http.NotFound(w, r)
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.stray++
		s.mu.Unlock()
		http.NotFound(w, r)
	})
	return mux
}
