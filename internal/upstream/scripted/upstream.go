package scripted

import (
	"encoding/xml"
	"io"
	"net/http"
	"sync"

	"bulk/internal/jobs"
)

// request is an m2m request as far as an answer needs it.
type request struct {
	XMLName xml.Name
	APIID   string `xml:"api_id,attr"`
	ICCID   string `xml:"iccid"`
	Group   string `xml:"group"`
}

// Upstream answers commands by script, and reads as of a healthy upstream. It is
// an http.Handler; the zero value has no scripts.
type Upstream struct {
	mu     sync.Mutex
	script map[jobs.ICCID][]Answer
	sims   map[jobs.ICCID]*SIM
}

// SIM is what became of a SIM.
type SIM struct {
	Commands int // that came for it
	Deeds    int // of them, those that were done
	After    int // commands that came after one that was done
}

// Play has the commands for a SIM answered in this order; the last answer is
// given for ever.
func (u *Upstream) Play(sim jobs.ICCID, answers ...Answer) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.script == nil {
		u.script, u.sims = map[jobs.ICCID][]Answer{}, map[jobs.ICCID]*SIM{}
	}
	u.script[sim], u.sims[sim] = answers, &SIM{}
}

// Seen is what became of a SIM that Play has named.
func (u *Upstream) Seen(sim jobs.ICCID) SIM {
	u.mu.Lock()
	defer u.mu.Unlock()
	return *u.sims[sim]
}

func (u *Upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var q request
	if err != nil || xml.Unmarshal(body, &q) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if q.XMLName.Local != string(jobs.SetAAGroup) {
		healthy := Answer{Status: http.StatusOK, Outcome: "success", IDs: Ours, Manner: Whole, Kept: 100, More: [2]string{"status", "active"}}
		healthy.send(w, r, q)
		return
	}
	u.next(jobs.ICCID(q.ICCID)).send(w, r, q)
}

// next does what the script has for a SIM's next command, and returns what is to
// be said about it.
func (u *Upstream) next(sim jobs.ICCID) Answer {
	u.mu.Lock()
	defer u.mu.Unlock()
	seen, answers := u.sims[sim], u.script[sim]
	if seen.Deeds > 0 {
		seen.After++
	}
	a := answers[min(seen.Commands, len(answers)-1)]
	seen.Commands++
	if a.Does {
		seen.Deeds++
	}
	return a
}
