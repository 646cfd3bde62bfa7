package upstream

import (
	"time"

	"bulk/internal/jobs"
)

// Attempt is what one request to an upstream came to: a verdict, what the
// answer said, and what it means for the upstream as a whole.
type Attempt struct {
	Verdict       jobs.Verdict
	Code          jobs.Code     // why not Done; empty with Done
	Detail        string        // a sentence of ours; no secrets
	UpstreamError string        // the upstream's own words, shortened, secrets masked
	Data          *jobs.Data    // what a read found; nil: nothing
	Picture       []byte        // a checked PNG
	RequestID     string        // the api_id sent; empty for betatel
	HTTPStatus    int           // 0: no answer came
	RetryAfter    time.Duration // what a Retry-After asked for; 0: nothing
	Trouble       Trouble
	About         About // what an answer that is no success speaks of
	Foreign       bool  // the answer is not the API's own: a gateway's page, perhaps
	Incurable     bool  // no connection, for a reason that waiting does not cure
}

// Trouble is what an attempt says about the upstream as a whole.
type Trouble int

// The kinds of trouble.
const (
	NoTrouble      Trouble = iota // an answer came that says nothing about the upstream's health
	Throttling                    // 429, 503 with Retry-After, a throttling failure: slow down
	Down                          // no connection, time-out, 5xx without a readable answer: maybe hold
	Stale                         // a connection kept from before proved dead: nothing is known of the upstream
	BadCredentials                // 401, or a failure that speaks of credentials: end the run
	Forbidden                     // 403: ends the run where nothing has succeeded yet
)

// About is what an answer that is no success speaks of.
type About int

// What it may speak of.
const (
	AboutNothing About = iota // of nothing that bulk knows
	AboutSIM                  // of the SIM or what was asked about it, so the upstream has let us in
	AboutAccount              // of a user, account, session or password; 401, 403, 407; a login page
)
