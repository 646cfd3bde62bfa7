package runner

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"bulk/internal/jobs"
)

// mostParked is how many rows of a lane may wait for earlier rows of their SIM
// before the lane stops reading on.
const mostParked = 4096

// lane reads the whole input for one upstream and does that upstream's rows.
// Lanes read on their own, so that a full one never keeps the other waiting.
type lane struct {
	*Runner
	upstream jobs.Upstream
	line     Line           // nil: nothing can be sent
	rest     bool           // this lane also books the rows that no upstream gets
	workers  errgroup.Group // no worker returns an error: a row's failure is in its result
	turns    turns
	ready    chan *jobs.Row // parked rows whose turn has come
	parked   int
	last     putOff // rows that are done after all others
}

func newLane(r *Runner, u jobs.Upstream, line Line) *lane {
	most := MostWorkers
	if n := r.Workers[u]; n > 0 {
		most = n
	}
	l := &lane{Runner: r, upstream: u, line: line, turns: turns{}, ready: make(chan *jobs.Row, mostParked)}
	l.workers.SetLimit(most)
	return l
}

// feed takes the lane's rows to their results, and returns when all have one or
// the intake has ended and nothing is under way.
func (l *lane) feed(intake, work context.Context) error {
	defer func() { _ = l.workers.Wait() }() // everything handed to workers ends before feed does
	if err := l.pass(intake, work, l.take); err != nil {
		return err
	}
	if l.last.any() {
		_ = l.workers.Wait() // while one of the others may yet be the canary
		l.turns = turns{}
		if err := l.pass(intake, work, l.takeLast); err != nil {
			return err
		}
	}
	for l.parked > 0 && intake.Err() == nil {
		l.unpark(intake, work)
	}
	return nil
}

// pass reads the input once.
func (l *lane) pass(intake, work context.Context, take func(intake, work context.Context, row jobs.Row)) error {
	rows := l.DB.Foreseeing(intake, l.Deps.Accounts[l.upstream], l.File.Rows(intake, l.Survey), func(row *jobs.Row) bool {
		return row.Action.Irreversible() && row.Action.Upstream() == l.upstream && row.Fault == nil && !row.Copied && !l.Kept.Rows.Has(row.Seq)
	})
	for row, err := range rows {
		if intake.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading the input: %w", err)
		}
		if !row.Copied && !l.Kept.Rows.Has(row.Seq) {
			take(intake, work, row)
		}
	}
	return nil
}

// take starts a row, parks it, puts it off, or books it where there is nothing
// to do.
func (l *lane) take(intake, work context.Context, row jobs.Row) {
	if row.Fault != nil {
		if l.rest {
			l.finish(&row, jobs.DoRow(work, &l.Deps, nil, &row))
		}
		return
	}
	turn := l.turns.of(&row)
	if row.Action.Upstream() == l.upstream && !l.putsOff(intake, &row) {
		l.takeUp(intake, work, row, turn)
	}
}

// takeLast does so with the rows that were put off.
func (l *lane) takeLast(intake, work context.Context, row jobs.Row) {
	if row.Fault != nil {
		return
	}
	turn := l.turns.of(&row)
	if l.last.rows.Has(row.Seq) {
		l.takeUp(intake, work, row, turn)
	}
}

// takeUp starts a row, or parks it until it is its turn.
func (l *lane) takeUp(intake, work context.Context, row jobs.Row, turn int) {
	for l.parked >= mostParked && intake.Err() == nil {
		l.unpark(intake, work)
	}
	for len(l.ready) > 0 {
		l.unpark(intake, work)
	}
	if row.Ordered && l.park(row, turn) {
		return
	}
	l.start(intake, work, row)
}

// park puts a row aside until it is its turn, if it is not yet.
func (l *lane) park(row jobs.Row, turn int) bool {
	if l.order.mayRun(row.ICCID.SIM(), turn, func() { l.ready <- &row }) {
		return false
	}
	l.parked++
	return true
}

// unpark starts a row whose turn has come, waiting for one if need be.
func (l *lane) unpark(intake, work context.Context) {
	select {
	case row := <-l.ready:
		l.parked--
		l.start(intake, work, *row)
	case <-intake.Done():
	}
}

// start hands a row to a worker once its line has room: it is read, checked,
// sent and recorded there. The next row of its SIM may set out only after that.
func (l *lane) start(intake, work context.Context, row jobs.Row) {
	var turn jobs.Turn
	if row.SameReadAs < 0 {
		var err error
		if turn, err = l.line.Reserve(intake); err != nil {
			return
		}
	}
	l.workers.Go(func() error {
		result := l.do(work, turn, &row)
		if turn != nil {
			turn.Release()
		}
		l.finish(&row, result)
		if row.Ordered {
			l.order.finished(row.ICCID.SIM())
		}
		return nil
	})
}

func (l *lane) do(ctx context.Context, turn jobs.Turn, row *jobs.Row) *jobs.Result {
	if row.SameReadAs >= 0 {
		return l.repeat(ctx, row)
	}
	return jobs.DoRow(ctx, &l.Deps, turn, row)
}

// repeat takes a read that was asked before in this file to its result: the
// first one's answer, held against its own expectation.
func (l *lane) repeat(work context.Context, row *jobs.Row) *jobs.Result {
	first, ok, err := l.Run.Result(context.WithoutCancel(work), row.SameReadAs)
	if err != nil || !ok {
		return &jobs.Result{Seq: row.Seq, Outcome: jobs.NotRun, Code: jobs.Aborted}
	}
	first.Seq, first.Attempts = row.Seq, 0
	if first.Outcome == jobs.OK || first.Outcome == jobs.Drift {
		jobs.Judge(&first, row)
	}
	return &first
}

// putsOff puts a row off, if it is to be done last: as a canary it would be
// refused for what is known already, and say nothing of the others.
func (l *lane) putsOff(ctx context.Context, row *jobs.Row) bool {
	switch {
	case l.last.sims[row.ICCID.SIM()]:
	case l.last.any() && l.parked >= mostParked: // it must not wait for one that was put off
	case !row.Action.Irreversible() || !l.guards.awaitsCanary():
		return false
	default:
		s, err := l.DB.Standing(ctx, l.Deps.Accounts[l.upstream], row.ICCID)
		if err != nil && ctx.Err() == nil {
			l.end(DiskTrouble, err.Error())
		}
		if s.Refused == "" {
			return false
		}
	}
	l.last.add(row)
	return true
}
