package sandbox

import (
	"bufio"
	"fmt"
	"iter"
	"maps"
	"net"
	"net/http"
	"slices"

	"bulk/internal/jobs"
)

// Stats is what a sandbox has seen since it was made.
type Stats struct {
	M2M     UpstreamStats `json:"m2m"`
	Betatel UpstreamStats `json:"betatel"`

	CommandsReceived int      `json:"commands_received"` // set_aa_group requests, refused ones included
	CommandsDone     int      `json:"commands_done"`
	CommandedTwice   []string `json:"commanded_twice"` // ICCIDs with more than one done, sorted

	Connections     int `json:"connections"` // opened so far
	OpenConnections int `json:"open_connections"`
	MaxConnections  int `json:"max_connections"` // open at the same time

	Held              int `json:"held"`               // requests that Hold keeps now
	RedirectsFollowed int `json:"redirects_followed"` // requests at the address that the redirect fault names
	Stray             int `json:"stray"`              // requests that neither API has
}

func newUpstreamStats() UpstreamStats {
	return UpstreamStats{Operations: map[string]int{}, Statuses: map[int]int{}, Faults: map[Kind]int{}}
}

// Stats tells what was seen so far.
func (s *Sandbox) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	m2m, betatel := s.upstreams[jobs.M2M].snapshot(), s.upstreams[jobs.Betatel].snapshot()
	stats := Stats{
		M2M: m2m, Betatel: betatel,
		CommandsReceived: m2m.Operations[setAAGroup], CommandsDone: s.done, CommandedTwice: []string{},
		Connections: s.conns.opened, OpenConnections: s.conns.open, MaxConnections: s.conns.most,
		RedirectsFollowed: s.followed, Stray: s.stray,
	}
	for _, i := range s.twice {
		stats.CommandedTwice = append(stats.CommandedTwice, s.fleet.sims[i].iccid.String())
	}
	slices.Sort(stats.CommandedTwice)
	if s.gate != nil {
		stats.Held = s.gate.held
	}
	return stats
}

func (u *upstream) snapshot() UpstreamStats {
	c := u.UpstreamStats
	c.Operations, c.Statuses, c.Faults = maps.Clone(c.Operations), maps.Clone(c.Statuses), maps.Clone(c.Faults)
	c.PeakPerSecond = u.peak.most
	return c
}

// SIM is one SIM as it is now. Its LPA strings are left out.
type SIM struct {
	ICCID           string `json:"iccid"`
	Status          string `json:"status"` // empty: unknown to m2m
	Group           string `json:"group"`
	AAGroup         string `json:"aa_group"` // what set_aa_group recorded last
	CommandsDone    int    `json:"commands_done"`
	ContractType    int    `json:"contract_type"` // 0: none
	MonthsRemaining int    `json:"months_remaining"`
	HasQRCode       bool   `json:"has_qr_code"`
	QRStatus        int    `json:"qr_status"`
	ProfileState    string `json:"profile_state"` // empty: unknown to betatel
}

// SIM tells how a SIM is; false where the fleet has no such SIM.
func (s *Sandbox) SIM(iccid string) (SIM, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.find(iccid)
	if !ok {
		return SIM{}, false
	}
	sm, st := &s.fleet.sims[i], s.states[i]
	return SIM{
		ICCID: iccid, Status: st.status.String(), Group: s.names.list[st.group], AAGroup: s.names.list[st.aaGroup],
		CommandsDone: int(st.commands), ContractType: int(sm.contract), MonthsRemaining: int(sm.months),
		HasQRCode: sm.text(qrCode) != "", QRStatus: int(st.qr), ProfileState: s.names.list[sm.profile],
	}, true
}

// Commands gives each SIM with set_aa_group done and how often it was, in the
// fleet's order. What is done meanwhile may or may not be seen.
func (s *Sandbox) Commands() iter.Seq2[string, int] {
	return func(yield func(string, int) bool) {
		for i := range s.states {
			s.mu.Lock()
			n := s.states[i].commands
			s.mu.Unlock()
			if n > 0 && !yield(s.fleet.sims[i].iccid.String(), int(n)) {
				return
			}
		}
	}
}

// ConnState counts connections; it is for the ConnState of an http.Server that
// serves Handler.
func (s *Sandbox) ConnState(_ net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch state {
	case http.StateNew:
		s.conns.opened++
		s.conns.open++
		s.conns.most = max(s.conns.most, s.conns.open)
	case http.StateClosed, http.StateHijacked:
		s.conns.open--
	}
}

func (s *Sandbox) serveStats(w http.ResponseWriter, r *http.Request) {
	whole(s, w, r, jsonAnswer(http.StatusOK, s.Stats()))
}

func (s *Sandbox) serveSIM(w http.ResponseWriter, r *http.Request) {
	sm, ok := s.SIM(r.PathValue("iccid"))
	if !ok {
		http.Error(w, "the fleet has no such SIM", http.StatusNotFound)
		return
	}
	whole(s, w, r, jsonAnswer(http.StatusOK, sm))
}

func (s *Sandbox) serveCommands(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	lines := bufio.NewWriterSize(w, 1<<16)
	for iccid, n := range s.Commands() {
		if _, err := fmt.Fprintln(lines, iccid, n); err != nil {
			return
		}
	}
	_ = lines.Flush()
}
