package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// ErrNotLoopback is why Start refuses an address that others could reach.
var ErrNotLoopback = errors.New("the sandbox listens on loopback only, such as 127.0.0.1:8080")

// Running is a sandbox that listens.
type Running struct {
	sandbox *Sandbox
	addr    string // host:port, as it listens
	ctx     context.Context
	cancel  context.CancelFunc

	mu     sync.Mutex
	server *http.Server // nil while paused
	ended  chan struct{}
}

// Start listens on addr, host:port, port 0 for any that is free. The host must
// be a loopback address or localhost: else the error is ErrNotLoopback.
func (s *Sandbox) Start(addr string) (*Running, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("address %q: %w", addr, err)
	}
	if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("address %q: %w", addr, ErrNotLoopback)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("starting the sandbox: %w", err)
	}
	if tcp, ok := l.Addr().(*net.TCPAddr); !ok || !tcp.IP.IsLoopback() { // localhost may be anything
		_ = l.Close()
		return nil, fmt.Errorf("address %q: %w", addr, ErrNotLoopback)
	}
	r := &Running{sandbox: s, addr: l.Addr().String()}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	r.serve(l)
	return r, nil
}

func (r *Running) serve(l net.Listener) {
	server := &http.Server{
		Handler:           r.sandbox.handler,
		ConnState:         r.sandbox.ConnState,
		ReadHeaderTimeout: time.Minute,
		BaseContext:       func(net.Listener) context.Context { return r.ctx },
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(l) // always ErrServerClosed, by Pause or Close
	}()
	r.server, r.ended = server, ended
}

// Addr is where it listens, host:port.
func (r *Running) Addr() string { return r.addr }

// M2MURL is m2m's address.
func (r *Running) M2MURL() string { return "http://" + r.addr }

// BetatelURL is betatel's base address.
func (r *Running) BetatelURL() string { return "http://" + r.addr + "/api/v1/esim" }

// Environment is the variables, as NAME=value, with which bulk talks to it.
func (r *Running) Environment() []string {
	c := r.sandbox.config.Credentials
	return []string{
		"BULK_M2M_URL=" + r.M2MURL(),
		"BULK_M2M_USERNAME=" + c.Username,
		"BULK_M2M_PASSWORD=" + c.Password,
		"BULK_BETATEL_URL=" + r.BetatelURL(),
		"BULK_BETATEL_API_KEY=" + c.APIKey,
		"BULK_BETATEL_USER_ID=" + c.UserID,
	}
}

// Pause closes every connection and stops listening, so that new ones are
// refused, until Resume. Requests in flight end without an answer.
func (r *Running) Pause() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.server == nil {
		return
	}
	_ = r.server.Close() // the listener's and the connections' errors: they are gone all the same
	<-r.ended
	r.server = nil
}

// Resume listens again at the same address; it fails where another program took
// it meanwhile.
func (r *Running) Resume() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.server != nil || r.ctx.Err() != nil {
		return nil
	}
	l, err := net.Listen("tcp", r.addr)
	if err != nil {
		return fmt.Errorf("resuming the sandbox: %w", err)
	}
	r.serve(l)
	return nil
}

// Close stops listening and ends every request.
func (r *Running) Close() {
	r.cancel()
	r.Pause()
}
