package report

import (
	"fmt"
	"log/slog"
	"time"

	"bulk/internal/jobs"
)

// Snapshot is how far a run is at one moment.
type Snapshot struct {
	Total     int    // rows of the input that are to be done
	Done      int    // rows that have a result
	Outcomes  Counts // of the rows done
	Upstreams []UpstreamNow
	Draining  bool          // a signal came: rows in flight finish, no new ones begin
	Elapsed   time.Duration // since the run began
	Left      time.Duration // estimated; 0: not known
}

// UpstreamNow is how an upstream is doing at one moment.
type UpstreamNow struct {
	Name     jobs.Upstream
	Rate     float64 // requests a second of late
	Allowed  float64 // requests a second allowed at present; 0: no limit
	InFlight int     // requests without an answer yet

	// State is empty while all is well, else a few words that stay the same
	// as long as the state does: "throttled", "held: upstream down". A change
	// of it is worth a line in a log. Detail holds what moves: "4.2/s", "next
	// probe in 3s".
	State  string
	Detail string
}

// trouble is the state in full: "held: upstream down, next probe in 3s".
func (u UpstreamNow) trouble() string {
	if u.State == "" || u.Detail == "" {
		return u.State
	}
	return u.State + ", " + u.Detail
}

// Progress shows how far a run is while it goes on.
type Progress interface {
	// Start begins to show what snapshot returns. It is called from another
	// goroutine, a few times a second, until Stop returns. Start once.
	Start(snapshot func() Snapshot)
	// Stop ends it, and returns when nothing will be written any more. It may
	// be called again, and without Start.
	Stop()
}

// Kind is a way to show progress, as --progress spells it.
type Kind string

// The kinds of progress.
const (
	KindAuto Kind = "auto" // a bar on a terminal, else lines
	KindBar  Kind = "bar"  // one line that is drawn again and again
	KindLog  Kind = "log"  // a line in the log now and then
	KindNone Kind = "none"
)

// ChooseKind reads --progress and settles auto: a bar where stderr is a
// terminal, a log elsewhere.
func ChooseKind(asked string, terminal bool) (Kind, error) {
	switch kind := Kind(asked); kind {
	case KindAuto:
		if terminal {
			return KindBar, nil
		}
		return KindLog, nil
	case KindBar, KindLog, KindNone:
		return kind, nil
	default:
		return "", fmt.Errorf("progress %q is not one of auto, bar, log, none", asked)
	}
}

// NewProgress makes the progress of a kind that ChooseKind settled. The bar
// is drawn on screen, through which the log should be written too; lines go
// to log.
func NewProgress(kind Kind, screen *Screen, log *slog.Logger) Progress {
	switch kind {
	case KindBar:
		return &bar{screen: screen}
	case KindLog:
		return &lines{log: log}
	default:
		return none{}
	}
}

// none shows nothing.
type none struct{}

func (none) Start(func() Snapshot) {}
func (none) Stop()                 {}

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
