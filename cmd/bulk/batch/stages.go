package batch

import (
	"strconv"
	"sync/atomic"
	"time"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/ledgers"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs"
	"bulk/internal/jobs/input"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/runner"
	"bulk/internal/report/redact"
	"bulk/internal/report/timeline"
)

// loaded is a job whose input has been copied and checked.
type loaded struct {
	*Job
	file       *input.File
	copy       *input.Copy
	current    *input.Copy // of the file of --current-groups; nil: none is given
	survey     *input.Survey
	ledgerPath string
}

// connected is one that has what its rows need, but for their history.
type connected struct {
	*loaded
	output   string
	reports  Reporting
	pictures string                // where QR pictures go
	outs     []settings.OutputFile // all that is written

	catalog  *jobs.Catalog
	itsOwn   bool // the catalogue is to be the one that the run was begun with
	up       *upstreams
	accounts []string
	atOnce   int // most rows of an upstream under way at once, by the files that may be open
	timeline *timeline.Timeline

	ledger  string // the file to open
	passing bool   // it ends with the job, and remembers nothing
}

// opened is one that has its ledger, and the accounts where it needs them.
type opened struct {
	*connected
	db      *ledger.DB
	marking *ledgers.Marking // nil: no marks are kept
	holding *ledger.Hold     // nil: no account is held
}

// approved is one that may begin.
type approved struct {
	*opened
	unfinished *ledger.RunInfo // the run that is to be continued; nil: a new one
	kept       *runner.Kept    // what stands of that run
	again      int             // --again, that of the run that is continued
	changes    changes
}

// begun is one that is in the ledger as a run.
type begun struct {
	*approved
	run       *ledger.Run
	counting  *counting // nil: no row was begun here yet
	named     namedRows
	leave     *redact.Leaving         // what --redact leaves out; nil: nothing
	refusedBy atomic.Pointer[refusal] // who refused the credentials
	unwritten bool                    // the result file could not be put in place
}

// unkept reports whether the ledger ends with the job: that of the sandbox inside the
// process, or of a dry run where there is none yet.
func (j *connected) unkept() bool { return j.s.Sandbox || j.passing }

// number is the run's in the ledger; empty where no ledger will know it.
func (j *begun) number() string {
	if j.unkept() {
		return ""
	}
	return strconv.FormatInt(j.run.ID, 10)
}

// done is what the rows came to, and how it is told.
type done struct {
	runner.Report
	signals *console.Listening
	words   string // why it ended early; empty: it did not
	// since, until: when workers had the run; zero: they did not
	since, until time.Time
	handed       settings.Handed // how they were to do it
}

// published is the result file.
type published struct {
	file   *ResultFile
	digest string // SHA-256 of its content; empty: it went to standard output, or nowhere
}
