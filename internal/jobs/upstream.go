package jobs

import "context"

// Verdict is what is known after an attempt at a request.
type Verdict int

// The verdicts. Only SurelyNotSent may ever lead to an irreversible request
// being tried again.
const (
	Done          Verdict = iota // the upstream confirmed it
	Refused                      // the upstream said no
	SurelyNotSent                // it was surely not done: no connection, throttled
	MaybeSent                    // it may have been done: no trustworthy answer came
)

func (v Verdict) String() string {
	return [...]string{"done", "refused", "surely not sent", "maybe sent"}[v]
}

// Answer is what a request came to, after all its attempts.
type Answer struct {
	Verdict       Verdict
	Code          Code   // why not Done; empty with Done
	Detail        string // a sentence of ours about it
	UpstreamError string // the upstream's own words, secrets masked
	Data          *Data  // what a read found; nil: nothing
	Picture       []byte // a checked PNG, for GetQRCode
	RequestID     string
	Attempts      int // requests of this kind for this SIM that left, or tried to
	HTTPStatus    int // of the last answer; 0: none came
	Ends          Ending
	Barred        bool // the ledger refused the intent (ErrBarred): nothing was sent
}

// Asker reads from the upstreams. It cannot change anything.
type Asker interface {
	// Ask performs a read action for a SIM: retried, paced, held. When ctx
	// ends first the answer's Code is Interrupted. The row's turn may be nil.
	Ask(ctx context.Context, turn Turn, action Action, iccid ICCID) Answer
}

// Turn is a row's place in the queue of its upstream. It is held from before
// the row sets out until its first request waits for nothing but itself, so
// that only so many rows set out as the upstream's rate needs.
type Turn interface {
	// Release gives the place up; where that has been done it does nothing.
	Release()
}

// Commander sends irreversible requests. A dry run has none.
type Commander interface {
	// SetAAGroup assigns the auto-activation group (a code) to a SIM. in.Begin
	// is called after every wait, right before each attempt's first byte; an
	// attempt that was surely not done is told with in.NotSent before the
	// next wait. The row's turn may be nil.
	SetAAGroup(ctx context.Context, turn Turn, iccid ICCID, group string, in Intent) Answer
}

// Intent is the durable record around one irreversible request.
type Intent interface {
	// Clear returns once a command may be sent at all: while too many are
	// unanswered it waits. It is called before the wait for a token.
	Clear(ctx context.Context) error
	// Begin returns once the intent is durable. After an error nothing may be
	// sent. It is ErrBarred where another act on the SIM stands.
	Begin(ctx context.Context) error
	// NotSent records that the attempt begun last was surely not done.
	NotSent() error
}
