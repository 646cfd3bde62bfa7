package main

import (
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/upstream/sandbox"
)

// serve is the upstreams' process: the sandbox, and a record of when each
// request came. It ends when its standard input does, so it never outlives the
// program that started it. The first line it prints is its address.
func serve(args []string) error {
	flags := flag.NewFlagSet("serve", flag.ExitOnError)
	sims := flags.Int("sims", 1, "")
	latency := flags.String("latency", "0s", "")
	_ = flags.Parse(args)
	var config sandbox.Config
	var err error
	if config.Latency, err = sandbox.ParseLatency(*latency); err != nil {
		return err
	}
	reader, writer := io.Pipe()
	go func() { _ = writer.CloseWithError(writeFleet(writer, *sims)) }()
	if config.Fleet, err = sandbox.LoadFleet(reader); err != nil {
		return err
	}
	up := &serving{box: sandbox.New(config), arrivals: map[jobs.Upstream][]time.Duration{}, began: time.Now()}
	if err := up.listen("127.0.0.1:0"); err != nil {
		return err
	}
	fmt.Println(up.addr)
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

type serving struct {
	box   *sandbox.Sandbox
	began time.Time
	addr  string

	mu       sync.Mutex
	server   *http.Server
	arrivals map[jobs.Upstream][]time.Duration
}

func (s *serving) listen(addr string) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	s.addr = listener.Addr().String()
	server := &http.Server{Handler: s, ConnState: s.box.ConnState, ReadHeaderTimeout: time.Minute}
	s.mu.Lock()
	s.server = server
	s.mu.Unlock()
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			fmt.Fprintln(os.Stderr, "bench serve:", err)
			os.Exit(1)
		}
	}()
	return nil
}

// ServeHTTP notes when a request came and lets the sandbox answer.
func (s *serving) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/_bench/arrivals":
		s.tell(w, jobs.Upstream(r.FormValue("upstream")))
		return
	case r.URL.Path == "/_bench/down":
		s.down(w, r)
		return
	case strings.HasPrefix(r.URL.Path, "/_"):
	case r.URL.Path == "/":
		s.note(jobs.M2M)
	default:
		s.note(jobs.Betatel)
	}
	s.box.Handler().ServeHTTP(w, r)
}

func (s *serving) note(u jobs.Upstream) {
	s.mu.Lock()
	s.arrivals[u] = append(s.arrivals[u], time.Since(s.began))
	s.mu.Unlock()
}

// tell gives the times of an upstream's requests since it was asked last, as
// nanoseconds in eight bytes each.
func (s *serving) tell(w http.ResponseWriter, u jobs.Upstream) {
	s.mu.Lock()
	times := s.arrivals[u]
	s.arrivals[u] = nil
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/octet-stream")
	_ = binary.Write(w, binary.LittleEndian, times)
}

// down refuses connections for a while, having closed the open ones.
func (s *serving) down(w http.ResponseWriter, r *http.Request) {
	length, err := time.ParseDuration(r.FormValue("for"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
	go func() {
		// Gently at first, so that the answer to this request gets out.
		soon, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		_ = s.server.Shutdown(soon)
		_ = s.server.Close()
		time.Sleep(length)
		if err := s.listen(s.addr); err != nil {
			fmt.Fprintln(os.Stderr, "bench serve:", err)
			os.Exit(1)
		}
	}()
}
