package runner

import (
	"time"

	"bulk/internal/jobs"
)

// Report is how a run ended.
type Report struct {
	Ending       Ending
	Cause        string // a sentence, where it ended early
	NotRun       int
	Tally        map[jobs.Outcome]int // selected rows; without not_run
	Unrecorded   map[int]jobs.Result  // by Seq: results that the ledger could not take, and stand above what it has
	Done         Rows                 // irreversible rows that are ok, whatever the ledger has of them by now
	Doubted      Rows                 // and those that are unknown, by a request of this run
	StillUnknown int                  // of Tally's unknown rows, those that an earlier run left in doubt
	CannotTell   int                  // of StillUnknown, those that a person looked at and could not tell
	BoundByDoubt time.Duration        // for how long Guards.MaxInDoubt, and not the rate, set the speed
}

// Ending is why a run ended.
type Ending string

// The endings.
const (
	Complete    Ending = ""
	Interrupted Ending = "interrupted"
	TimeUp      Ending = "time"        // no new row was to begin any more
	Guarded     Ending = "guarded"     // a guard, or an upstream that was down too long
	BadCanary   Ending = "canary"      // one that was sent is not ok
	Credentials Ending = "credentials" // refused
	DiskTrouble Ending = "disk"        // the ledger or a picture could not be written
	Overtaken   Ending = "overtaken"   // this process was taken for dead, and another has gone on with the run
)
