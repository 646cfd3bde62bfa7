package store

import (
	"iter"
	"time"

	"bulk/internal/jobs"
)

// Op is one change to the ledger, as a value. A store writes those of a commit
// in their order, all or none; but one whose Refusal is set was left out, and
// the others stand.
type Op interface {
	// Refusal is why the change was left out: ErrBarred, ErrFenced, ErrOvertaken,
	// ErrChanged; nil: it was not.
	Refusal() error
}

// Refusable is the part of an Op that its store may set.
type Refusable struct{ Err error }

// Refusal is part of [Op].
func (r *Refusable) Refusal() error { return r.Err }

// Intent writes down an act before it is sent, and sets its ID. It is refused
// with jobs.ErrBarred by the unique key, and where an act of the SIM and action
// that bars another stands under any other account name, but for those of Apart;
// with ErrFenced where the claim on the account is not of the act's epoch. With
// Over, that act is marked Replaced in the same commit, only if it still is as it
// was read; else ErrBarred.
type Intent struct {
	Refusable
	Act   *Act
	Over  *Version // nil: none
	Apart []string // the names that are known to be other accounts
}

// Version is an act as it was read.
type Version struct {
	ID      int64
	State   State
	Settled time.Time
}

// Settle writes down what became of an act that is on its way or unknown; one
// that a person has settled stays as it is. Restore is the act that it
// overrode: where this one surely did nothing, that one stands again.
type Settle struct {
	Refusable
	Act       int64
	State     State
	Code      jobs.Code
	RequestID string
	At        time.Time
	Restore   int64 // 0: none
}

// Record writes down how a row ended, over what was recorded of it before. It is
// refused with ErrOvertaken where the run has a start after Start: whoever was taken
// for dead and comes back writes nothing over what another did since. What became of
// the act is written down all the same.
type Record struct {
	Refusable
	Run     int64
	Start   int // 0: of none
	Row     *jobs.Row
	Result  *jobs.Result
	Data    string   // Result.Data as JSON
	Settle  *Settle  // of the act that was under way; nil: none
	Refused *Refusal // to be kept; nil: none
	Forget  *Refusal // whose account and SIM have none any more; nil: it stays
}

// Begin writes down a new run, and sets its ID, or that one goes on. Either is a
// new start, by User on Host at At, whose number the store sets, and is named in
// the claims on the accounts.
type Begin struct {
	Refusable
	Run      *Run
	GoesOn   bool
	Accounts []string // by their one names
	User     string
	Host     string
	At       time.Time
	Start    int
}

// End writes down how a start of a run ended. It is refused as a [Record] is.
type End struct {
	Refusable
	Run    int64
	Start  int
	At     time.Time
	Ending string
	Cause  string
	NotRun int
	Tally  map[jobs.Outcome]int
}

// Publish writes down the digest of a run's result file, before it is put in
// place; with At, that it is. It is refused as a [Record] is.
type Publish struct {
	Refusable
	Run    int64
	Start  int
	Digest string
	At     time.Time
}

// Approve writes down an approval of a run.
type Approve struct {
	Refusable
	Run      int64
	Approval Approval
}

// Resolve settles an act by a person's word, and keeps the word. It is refused
// with ErrChanged where the act is not in state From any more, and with
// jobs.ErrBarred where the unique key forbids the new state. An act that it
// overrode stands again where this one was not done, and no longer does where
// that is taken back.
type Resolve struct {
	Refusable
	Act      *Act  // as it was read
	Aside    int64 // an act that was put aside for it: from now on one that it overrode; 0: none
	From, To State
	Found    string
	Word     Word
}

// Import writes down acts that were not written down here when they were sent:
// what another ledger or a result file knows of, or what a lost history may have
// held. They stand under a run of their own, which is begun where it has no ID
// yet.
type Import struct {
	Refusable
	Run     *Run
	Acts    []*Act    // those that the unique key forbids are left out: they are known; their ID stays 0
	Settles []*Settle // of acts that are known, as unknown
	Loss    *Loss     // nil: none is accepted with it
}

// Carry writes down what other ledgers hold: their runs under new numbers, and what
// belongs to them. An act that the unique key forbids makes it fail: who carries has
// settled what stands. The sequences may be gone through more than once.
type Carry struct {
	Refusable
	Links   []*Relate
	Replace []int64 // acts here that count no more
	Ledgers []*Carried
}

// Carried is what one ledger holds. Runs and acts are named by their numbers there;
// the store sets the ID of each run.
type Carried struct {
	Runs    []*CarriedRun // oldest first
	Acts    iter.Seq2[CarriedAct, error]
	Results iter.Seq2[CarriedResult, error]
	Losses  []Loss
}

// CarriedRun is a run, whose Origin says where it was begun, and what was said of it.
type CarriedRun struct {
	Run       Run
	Number    int64 // in the ledger that it comes from
	Here      bool  // it was carried before, without its results, which come now
	Starts    []Start
	Approvals []Approval
	Control   *Control // nil: nobody wants anything of it
}

// CarriedAct is an act, and what persons said of it.
type CarriedAct struct {
	Act
	Words []Word
}

// CarriedResult is a row's result, with its picture where it has one. A file keeps no
// pictures.
type CarriedResult struct {
	Record
	Picture string // its name; empty: none
	PNG     []byte
}

// Relate writes down what two account names are. For Same, all that is B's
// becomes A's: Replace lists the acts that cannot stand beside others.
type Relate struct {
	Refusable
	Link    Link
	Replace []int64
}

// Drop drops results of a run, at most Most, and marks the run as pruned; the run
// itself stays. Dropped is how many results went.
type Drop struct {
	Refusable
	Run     int64
	Most    int
	At      time.Time
	Dropped int
}

// Want writes down what a person wants of a run.
type Want struct {
	Refusable
	Control Control
}

// Tell writes down how far a run is, over what was told before.
type Tell struct {
	Refusable
	Progress Progress
}

// Count writes down what a start of a run has counted, over what it wrote before.
type Count struct {
	Refusable
	Counted Counted
}

// Hand writes down that a run is handed to workers, or handed to them again.
type Hand struct {
	Refusable
	Handover Handover
}

// Leg writes down that a worker begins a leg, with so many rows that stand, and
// sets Idle as [Handover] has it.
type Leg struct {
	Refusable
	Run   int64
	Stood int
	Idle  int
}

// HandBack writes down that a run is no longer the workers'.
type HandBack struct {
	Refusable
	Run    int64
	Ending string
	Cause  string
	At     time.Time
}

// Close ends a ledger: from then on nobody may hold an account by it, and whoever
// holds one has lost it. Opening it is refused with a [*MovedError].
type Close struct {
	Refusable
	Moved MovedError
}

// Init writes down a person's word that this is to be a new ledger.
type Init struct {
	Refusable
	User, Reason string
	At           time.Time
}
