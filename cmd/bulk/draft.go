package main

import (
	"bufio"
	"io"
	"os"
	"sync"

	"bulk/internal/jobs"
	"bulk/internal/jobs/runner"
	"bulk/internal/report"
)

// draft is a result file in the making. Rows end nearly in the order of the
// input, so it can be written while the run goes on, instead of from the ledger
// at its end. It holds exactly what would be written then, and takes the room
// that the result file will need. Where anything is out of the ordinary it is
// given up, and the ledger is what counts: a run that was resumed or ended
// early, a row that waits long for its turn, a full disk. It is not for
// irreversible rows.
type draft struct {
	mu      sync.Mutex
	file    *os.File // has no name any more where the system allows that
	out     *bufio.Writer
	records *report.Results
	tally   *report.Tally
	next    int     // Seq of the row that is written next
	waiting []ended // for it, by Seq modulo their number
	failed  bool
	taken   bool // it is being copied: nobody else may drop it
}

// ended is a row that has ended.
type ended struct {
	row    *jobs.Row // nil: the place is free
	result *jobs.Result
}

// draftAhead is how many rows may have ended after one that has not.
const draftAhead = 2048

// beginDraft begins a draft for a job that it can be made for; else nil.
func (j *job) beginDraft() *draft {
	s := j.survey
	if j.unfinished != nil || s.Irreversible > 0 || s.Selected < s.Rows || s.Rows == 0 || j.output == "-" || isWorkbook(j.output) {
		return nil
	}
	file, err := os.CreateTemp(inputsDir(j.s.ledger), "draft-*") // 0600
	if err != nil {
		return nil
	}
	removed := os.Remove(file.Name())
	j.later(func() {
		_ = file.Close()
		if removed != nil {
			_ = os.Remove(file.Name())
		}
	})
	d := &draft{file: file, out: bufio.NewWriterSize(file, 64<<10), tally: report.NewTally()}
	d.records = report.NewResults(d.out, j.file.Columns(), jobs.ColumnsOf(s.Actions))
	if d.records.Header() != nil {
		d.drop()
	}
	j.db.Spare(d.giveUp)
	return d
}

// add takes a row that has ended. It may be called by many at once, and on nil.
func (d *draft) add(row *jobs.Row, result *jobs.Result) {
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.failed:
	case result.Outcome == jobs.NotRun || row.Seq < d.next || row.Seq >= d.next+draftAhead:
		d.drop()
	case row.Seq > d.next:
		if d.waiting == nil {
			d.waiting = make([]ended, draftAhead)
		}
		d.waiting[row.Seq%draftAhead] = ended{row, result}
	default:
		d.write(row, result)
		for d.waiting != nil && d.waiting[d.next%draftAhead].row != nil {
			place := &d.waiting[d.next%draftAhead]
			d.write(place.row, place.result)
			*place = ended{}
		}
	}
}

func (d *draft) write(row *jobs.Row, result *jobs.Result) {
	d.next++
	d.tally.Add(row, result)
	if d.records.Write(row, result) != nil {
		d.drop()
	}
}

// drop gives the draft up, and the room that it takes back. The lock must be
// held, or nobody else be left.
func (d *draft) drop() {
	d.failed, d.waiting = true, nil
	_ = d.file.Truncate(0)
}

// giveUp drops the draft while rows end.
func (d *draft) giveUp() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.taken {
		d.drop()
	}
}

// whole gives the draft where it is all of the result file of a run that ended
// so; else it is dropped and there is none.
func (d *draft) whole(rows int, report runner.Report) *draft {
	if d == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.failed || d.next != rows || report.Ending != runner.Complete || report.NotRun > 0 || len(report.Unrecorded) > 0 ||
		d.records.Flush() != nil || d.out.Flush() != nil {
		d.drop()
		return nil
	}
	d.taken = true
	return d
}

// copyTo writes the draft out.
func (d *draft) copyTo(to io.Writer) error {
	if _, err := d.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	// The struct hides the file's WriterTo, which reads in small pieces here.
	_, err := io.CopyBuffer(to, struct{ io.Reader }{d.file}, make([]byte, 64<<10))
	return err
}
