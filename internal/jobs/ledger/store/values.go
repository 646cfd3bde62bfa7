package store

import (
	"time"

	"bulk/internal/jobs"
)

// State is how an irreversible request stands.
type State string

// The states of an act, as every store spells them.
const (
	Intended        State = "intent"   // on its way
	Done            State = "done"     // the upstream confirmed it
	Refused         State = "refused"  // the upstream said no
	NotSent         State = "not_sent" // surely not done; for good
	Unknown         State = "unknown"  // maybe done
	CannotTell      State = "cannot_tell"
	ResolvedDone    State = "resolved_done" // like the two around it: a person's word
	ResolvedNotDone State = "resolved_not_done"
	Replaced        State = "replaced" // done, and overridden by a later act
)

// States lists them all.
var States = []State{Intended, Done, Refused, NotSent, Unknown, CannotTell, ResolvedDone, ResolvedNotDone, Replaced}

// Barring are the states in which an act is in the unique key: no other act for
// its account, SIM and action can be written.
var Barring = []State{Intended, Unknown, CannotTell, Done, ResolvedDone}

// Doubtful are the states in which nobody knows whether an act was done.
var Doubtful = []State{Intended, Unknown, CannotTell}

// Act is an irreversible request, from before its first byte.
type Act struct {
	ID         int64 // in the order of sending; 0: not yet written
	Run        int64
	Seq        int // of its row; -1: it has none
	Line       int
	Account    string // its one name
	ICCID      jobs.ICCID
	SIM        jobs.SIM
	Action     jobs.Action
	Group      string // as it was sent
	Found      string // the group that a person found in the portal, where it is another
	Epoch      int64  // of the claim it was written under
	State      State
	Code       jobs.Code // what happened, where it is not known what came of it
	At         time.Time // before it was sent
	Settled    time.Time // zero: it is on its way
	RequestID  string
	ResolvedBy string
	Reason     string // of the resolution
	Replaces   int64  // the act that it overrode; 0: none
	Was        State  // of a replaced act: how it stood before
	Start      int    // of its run, as Start.N; 0: not known
	Canary     bool   // the rest of the run waited for what came of it
}

// DoneGroup is the group that the act gave its SIM, where it was done.
func (a *Act) DoneGroup() string {
	if a.Found != "" {
		return a.Found
	}
	return a.Group
}

// Row is a row's recorded result.
type Row struct {
	jobs.Result
	Run   int64
	Line  int
	ICCID jobs.ICCID
	Group string
}

// Kind is what a run was for.
type Kind string

// The kinds of run. An unfinished run is continued only by one of its kind.
const (
	Real       Kind = "run"
	DryRun     Kind = "dry-run"
	Apply      Kind = "apply"
	AcceptLoss Kind = "accept-loss" // its acts are what a lost history may have held
	Imported   Kind = "import"      // its acts are what another ledger, or a result file, knows of
)

// Run describes a run.
type Run struct {
	ID           int64
	Kind         Kind
	Input        string // as it was named; "-" for standard input
	Digest       string // SHA-256 of its bytes, 64 hex digits
	Sheet        string // like the next three: given for the input, which is known by them as well
	Columns      string
	Action       string
	Group        string
	Accounts     []string
	Settings     string // JSON; compared when a run is continued
	User         string
	Host         string
	Version      string
	StartedAt    time.Time
	ResumedAt    time.Time // zero: never
	EndedAt      time.Time // zero: running, or killed
	Ending       string    // why it ended early
	NotRun       int       // rows not reached; -1: running, or killed
	Tally        map[jobs.Outcome]int
	Output       string
	OutputDigest string
	PublishedAt  time.Time
	PrunedAt     time.Time // when its results were dropped; zero: they are there
	Origin       Origin    // zero: it was begun here
}

// Origin says in which ledger a run was begun, and who carried it from one last.
type Origin struct {
	Ledger string // its ID
	Name   string // what it was called, and on which host
	Run    int64  // the run's number there
	User   string // who carried it
	Reason string
	At     time.Time
}

// Finished reports whether nothing is left to do: no row is not_run and the
// result was put in place.
func (r Run) Finished() bool { return r.NotRun == 0 && !r.PublishedAt.IsZero() }

// LeftBehind reports whether its results did not come with it when it was carried.
func (r Run) LeftBehind() bool { return !r.PrunedAt.IsZero() && r.PrunedAt.Equal(r.Origin.At) }

// Heard is when the run was last heard of.
func (r Run) Heard() time.Time {
	last := r.StartedAt
	for _, t := range []time.Time{r.ResumedAt, r.EndedAt} {
		if t.After(last) {
			last = t
		}
	}
	return last
}

// Start is one stretch of a run: from its beginning, or a --resume, to its end.
type Start struct {
	Run     int64
	N       int // from 1
	At      time.Time
	User    string
	Host    string
	EndedAt time.Time // zero: it goes on, or was killed
	Ending  string    // why it ended early, in words
	Cause   string    // and in one stable word, such as canary; empty: it came to its end
	NotRun  int       // -1: it goes on, or was killed
	Tally   map[jobs.Outcome]int
}

// Approval is somebody's yes to the irreversible rows of a run.
type Approval struct {
	At     time.Time
	User   string
	How    string         // typed, --yes, --approve
	Digest string         // SHA-256 of the bytes approved
	SIMs   int            // how many would change
	Groups map[string]int // how many into which group
	Reason string
}

// Word is what a person said of an act after looking.
type Word struct {
	Act     int64
	At      time.Time
	User    string
	Verdict string // done, not_done, cannot_tell, undo
	Group   string // that the portal shows, where given
	Reason  string
}

// Refusal is why the last attempt for a SIM was refused, by a live check or by
// the upstream.
type Refusal struct {
	Account string
	SIM     jobs.SIM
	Code    jobs.Code
	Run     int64
	At      time.Time
}

// Loss is a person's word that acts were lost, and that it has been looked
// into: acts of the account with a number above Act, seen before At.
type Loss struct {
	Account string
	Act     int64
	User    string
	Reason  string
	At      time.Time
}

// Holding is who holds an account, or held it last.
type Holding struct {
	Account string
	Epoch   int64
	Run     int64 // 0: none was begun yet
	User    string
	Host    string
	PID     int
	Since   time.Time // zero: it was given back
	Beat    time.Time // when it was last heard of
}

// The ways in which two account names can be related.
const (
	Same     = "same"
	Separate = "separate"
)

// Link is a person's word on two account names of one upstream.
type Link struct {
	A, B     string // for Same, A is the one name of both from then on
	Relation string
	User     string
	Reason   string
	At       time.Time
}

// Control is what a person wants of a run.
type Control struct {
	Run    int64
	Want   string // run, pause, cancel
	User   string
	Reason string
	At     time.Time
}

// Handover is a run that was handed to workers, and how far they are with it. A
// worker's work on it, until it is done, told to stop, or dead, is a leg.
type Handover struct {
	Run   int64
	Job   string   // JSON: how its rows are done; no secret
	Files []string // digests of what the ledger keeps for it besides its input: catalogue, current groups
	Since time.Time
	// Waits: no leg begins before somebody has approved the run, after it was handed
	// over. Earlier is how many approvals of it there were by then, and Approved that
	// there are more; the store sets both, for no two machines' clocks agree.
	Waits    bool
	Earlier  int
	Approved bool
	// Stood is how many rows stood when the last leg began; Idle how many legs in a
	// row began with no more than the one before.
	Stood, Idle int
	Over        time.Time // when its last leg ended for good; zero: it is open
	Ending      string    // why that ended early, in words; empty: it did not
	Cause       string    // and in one stable word, as Start.Cause
}

// Ready reports whether a worker may begin a leg, as far as approval goes.
func (h Handover) Ready() bool { return h.Over.IsZero() && (!h.Waits || h.Approved) }

// Progress is how far a run was when it last said so.
type Progress struct {
	Run    int64
	Done   int // rows with a result
	Total  int
	Rate   float64       // rows a second, of late
	Left   time.Duration // as far as can be told; 0: it cannot
	Paused bool
	Tally  map[jobs.Outcome]int // rows by outcome; nil where the store does not keep it
	At     time.Time
}

// Counted is what a start of a run has counted of its requests so far, as whoever
// wrote it spells that.
type Counted struct {
	Run      int64
	Start    int    // of the run, as Start has it
	Counts   string // all in all, and how it goes at the moment
	Timeline []byte // how they went over time; as written before where it is empty
}

// Meta is what a ledger is.
type Meta struct {
	ID       string // a UUID
	MadeAt   time.Time
	InitBy   string // who said that it is to be a new ledger; empty: nobody
	InitAt   time.Time
	InitWord string // the reason given
}

// InDoubt is the row of an act that nobody heard of again, and its result.
func (a *Act) InDoubt() (*jobs.Row, *jobs.Result) {
	row := &jobs.Row{Seq: a.Seq, Line: a.Line, ICCID: a.ICCID, Action: a.Action, Group: a.Group}
	f := jobs.Standing{State: jobs.InDoubt, Group: a.Group, At: a.At, Run: a.Run}.Blocks(a.ICCID, a.Group, jobs.Again{})
	return row, &jobs.Result{
		Seq: a.Seq, Action: a.Action, Outcome: f.Outcome, Code: jobs.Interrupted, Description: f.Text,
		Account: a.Account, Attempts: 1, Started: a.At,
	}
}
