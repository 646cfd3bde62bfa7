package sandbox

import "bulk/internal/jobs"

// call is what is known of a request before anything is done about it.
type call struct {
	upstream  jobs.Upstream
	operation string // unknownOperation for one that the API lacks
	iccid     string
	trusted   bool // the credentials are right
}

// manner is the way in which a true answer is written.
type manner int

// exchange is a request in its API's own words.
type exchange interface {
	call() call
	// perform does what was asked for and answers.
	perform(manner) answer
	// refuse says no, readably.
	refuse(status int, message string) answer
	// bare is what stands before the API would say: a gateway, say.
	bare(status int) answer
}
