package sandbox

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"

	"bulk/internal/jobs"
)

// Control is what POST /_sandbox/control changes; what it leaves out stays.
type Control struct {
	Upstream  jobs.Upstream `json:"upstream,omitempty"` // whose rate and outage; empty: both
	RateLimit *float64      `json:"rate_limit,omitempty"`
	RateStyle *string       `json:"rate_style,omitempty"`
	RateWhole *bool         `json:"rate_whole,omitempty"` // counted anew in each whole second, not over any
	Latency   *string       `json:"latency,omitempty"`    // as ParseLatency reads it
	Outage    *string       `json:"outage,omitempty"`     // none, reset or 503
	Faults    *[]string     `json:"faults,omitempty"`     // as ParseFault reads them; [] for none
	Hold      *Scope        `json:"hold,omitempty"`       // "" for every request
	Release   bool          `json:"release,omitempty"`
}

func (s *Sandbox) serveControl(w http.ResponseWriter, r *http.Request) {
	var c Control
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest))
	d.DisallowUnknownFields()
	err := d.Decode(&c)
	if err == nil {
		err = s.Apply(c)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// Apply makes the changes, all of them or, with an error that names the one
// that is wrong, none.
func (s *Sandbox) Apply(c Control) error {
	var changes []func()
	if c.Upstream != "" && !slices.Contains(jobs.Upstreams, c.Upstream) {
		return fmt.Errorf("upstream %q: want m2m, betatel or nothing", c.Upstream)
	}
	if c.RateLimit != nil && (*c.RateLimit < 0 || math.IsNaN(*c.RateLimit)) {
		return fmt.Errorf("rate limit %v: want requests a second, or 0 for none", *c.RateLimit)
	}
	style := Kind("")
	if c.RateStyle != nil {
		var err error
		if style, err = ParseRateStyle(*c.RateStyle); err != nil {
			return err
		}
	}
	if c.RateLimit != nil || c.RateStyle != nil || c.RateWhole != nil {
		changes = append(changes, func() { s.changeRate(c.Upstream, c.RateLimit, style, c.RateWhole) })
	}
	if c.Latency != nil {
		l, err := ParseLatency(*c.Latency)
		if err != nil {
			return err
		}
		changes = append(changes, func() { s.SetLatency(l) })
	}
	if c.Outage != nil {
		o, err := ParseOutage(*c.Outage)
		if err != nil {
			return err
		}
		changes = append(changes, func() { s.SetOutage(c.Upstream, o) })
	}
	if c.Faults != nil {
		faults, err := parseFaults(*c.Faults)
		if err != nil {
			return err
		}
		changes = append(changes, func() { s.SetFaults(faults) })
	}
	if c.Release {
		changes = append(changes, s.Release)
	}
	if c.Hold != nil {
		if err := c.Hold.check(); err != nil {
			return fmt.Errorf("hold: %w", err)
		}
		changes = append(changes, func() { s.Hold(*c.Hold) })
	}
	for _, change := range changes {
		change()
	}
	return nil
}

// changeRate keeps what is not given as it was.
func (s *Sandbox) changeRate(u jobs.Upstream, perSecond *float64, style Kind, whole *bool) {
	s.each(u, func(up *upstream) {
		if perSecond != nil {
			was := up.limit.whole
			up.limit = newLimiter(*perSecond)
			up.limit.whole = was
		}
		if whole != nil {
			up.limit.whole = *whole
		}
		if style != "" {
			up.rateStyle = style
		}
	})
}

func parseFaults(texts []string) ([]Fault, error) {
	var faults []Fault
	for _, text := range texts {
		f, err := ParseFault(text)
		if err != nil {
			return nil, err
		}
		faults = append(faults, f)
	}
	return faults, nil
}
