package progress

import (
	"time"

	"bulk/internal/jobs"
	"bulk/internal/report"
)

// Snapshot is how far a run is at one moment.
type Snapshot struct {
	Total     int           // rows of the input that are to be done
	Done      int           // rows that have a result, those of an earlier start included
	Outcomes  report.Counts // of the rows done
	Upstreams []Upstream
	Waits     string        // what it waits for before rows go on; empty: nothing
	Stopping  bool          // a signal came: rows in flight finish, no new ones begin
	Elapsed   time.Duration // since the run was started, or started again
	Left      time.Duration // estimated; 0: not known
}

// Upstream is how an upstream is doing at one moment.
type Upstream struct {
	Name     jobs.Upstream
	Rate     float64 // requests a second of late
	Limit    float64 // requests a second, as --rate has it; 0: none
	InFlight int     // requests without an answer yet
	Trouble  Trouble
	Detail   string // of the trouble: "4.2/s", "next try in 3s"
}

// Trouble is what keeps an upstream from being asked at its full rate.
type Trouble string

// The troubles.
const (
	None      Trouble = ""
	Throttled Trouble = "throttled"           // it asked to be asked less often
	Down      Trouble = "down"                // it does not answer; its rows wait
	Waiting   Trouble = "waiting for answers" // as many commands are unanswered as may be (--max-in-doubt)
)

// trouble is the trouble in full: "down, next try in 3s".
func (u Upstream) trouble() string {
	if u.Trouble == None || u.Detail == "" {
		return string(u.Trouble)
	}
	return string(u.Trouble) + ", " + u.Detail
}

// ticking calls a function over and over until it is stopped.
type ticking struct{ quit, done chan struct{} }

func every(interval time.Duration, call func()) *ticking {
	t := &ticking{make(chan struct{}), make(chan struct{})}
	go func() {
		defer close(t.done)
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			select {
			case <-t.quit:
				return
			case <-ticker.C:
				call()
			}
		}
	}()
	return t
}

// stop returns when no call is running or will come.
func (t *ticking) stop() {
	close(t.quit)
	<-t.done
}
