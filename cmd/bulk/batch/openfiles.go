package batch

import (
	"fmt"

	"bulk/cmd/bulk/console"
	"bulk/internal/jobs"
)

const (
	// ownFiles is how many files a run may have open beside those of its rows:
	// the streams, the ledger with its journal and locks, the input, the
	// catalogue, a result file or report in the making with its lock and folder.
	ownFiles = 40
	// fewestAtOnce is how many rows must be able to be under way at once.
	fewestAtOnce = 4
)

// filesOfRow is how many files a row under way may have open: its connection,
// one more that was dialled for it and is not needed, what the sandbox has open
// for them in the same process, and a picture with its lock.
func (j *loaded) filesOfRow() int {
	n := 2
	if j.s.Sandbox {
		n *= 2
	}
	if j.survey.Has(jobs.GetQRCode) || j.survey.Has(jobs.QueryQRInfo) {
		n += 2
	}
	return n
}

// boundByFiles bounds how many rows of an upstream are under way at once, so that
// enough files are left for recording and publishing what they came to. It
// refuses where that would be next to none.
func (j *connected) boundByFiles() error {
	limit := openFileLimit()
	upstreams := max(1, len(j.accounts))
	most := (limit - ownFiles) / (j.filesOfRow() * upstreams)
	if most < fewestAtOnce {
		need := ownFiles + fewestAtOnce*j.filesOfRow()*upstreams
		return console.Refused(fmt.Sprintf("this process may have %d files open, and needs %d: its results could not be written", limit, need),
			fmt.Sprintf("raise the limit first: ulimit -n 1024, LimitNOFILE=1024 in a unit, ulimits in a container (%d is the least)", need), "nothing was sent")
	}
	j.atOnce = most
	for _, line := range j.up.lines {
		if most < j.s.Checked.Workers || line.Rate == 0 && most < unpaced {
			j.note(fmt.Sprintf("at most %d rows of an upstream are under way at once: this process may have only %d files open (ulimit -n)", most, limit))
			break
		}
	}
	return nil
}
