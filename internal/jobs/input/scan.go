package input

import (
	"context"
	"fmt"
	"io"
	"iter"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ahead"
)

// Scan looks through the whole file, so that every bad row is known before
// the first request. A file that cannot be trusted is a [*Refusal]. Where rows
// may repeat each other it reads the file a second time, to the last of them; so
// it does, from the beginning, where more rows look rounded than chance explains.
func (f *File) Scan(ctx context.Context) (*Survey, error) {
	s := newScan(f, false)
	if err := s.firstPass(ctx); err != nil {
		return nil, err
	}
	if s.looking >= 2 && s.looking*chanceOf > s.Rows {
		s = newScan(f, true)
		if err := s.firstPass(ctx); err != nil {
			return nil, err
		}
	}
	if s.Rows > 0 && f.layout.places[actionColumn] < 0 && f.options.Action == "" {
		hint := "add an action column, or say what to do with --action"
		if name := f.Likely(actionColumn.String()); name != "" {
			hint = fmt.Sprintf("if the actions are in %.40q: --column action=%.40q; else %s", name, name, hint)
		}
		return nil, refuse(hint, "the file has no action column, and --action was not given")
	}
	if refusal := s.refuseOverruled(); refusal != nil {
		return nil, refusal
	}
	if s.lastRepeat >= 0 {
		if err := s.secondPass(ctx); err != nil {
			return nil, err
		}
	}
	if g := f.options.CurrentGroups; g != nil && s.Irreversible > 0 {
		var err error
		if s.current, err = g.read(ctx, s.commanded); err != nil {
			return nil, err
		}
		s.CurrentGroups = len(s.current.bySIM)
	}
	if f.options.Ordered && s.seen.keepSeveral() {
		s.ordered = s.seen
	}
	s.finish(s.occurs)
	s.OtherPrefix = s.prefixes.others()
	if s.Has(jobs.SetAAGroup) {
		f.layout.addGroup()
	}
	survey := s.Survey
	return &survey, nil
}

// commanded reports whether a row commands the SIM; now and then of another one,
// too.
func (s *scan) commanded(sim jobs.SIM) bool {
	return s.seen.marks(s.f.hash(sim))&actionMark(jobs.SetAAGroup) != 0
}

// chanceOf is how many rows may have one that looks rounded by chance: of a long
// series of genuine numbers, one in some thousand ends in zeros alone.
const chanceOf = 1000

// scan is a Survey in the making.
type scan struct {
	Survey
	f          *File
	judge      *judge
	seen       *seen
	prefixes   prefixes
	occurs     uint8 // the marks of the actions that occur
	lastRepeat int   // Seq of the last row that may repeat another; -1: none
	looking    int   // rows that look rounded
}

func newScan(f *File, rounded bool) *scan {
	s := &scan{f: f, judge: newJudge(f, rounded), seen: &seen{}, prefixes: prefixes{}, lastRepeat: -1}
	s.rounded, s.ByAction, s.Groups = rounded, map[jobs.Action]int{}, map[string]int{}
	return s
}

// checkEvery is how many rows are read between two looks at the context.
const checkEvery = 1024

// checked is a row that was looked at on its own.
type checked struct {
	seq, line int
	finding
}

// check reads the whole file and checks each row on its own.
func (s *scan) check(ctx context.Context) iter.Seq2[checked, error] {
	return func(yield func(checked, error) bool) {
		r, err := s.f.open()
		if err != nil {
			yield(checked{}, err)
			return
		}
		defer r.close()
		for seq := 0; ; seq++ {
			if seq%checkEvery == 0 && ctx.Err() != nil {
				yield(checked{}, context.Cause(ctx))
				return
			}
			record, err := r.next()
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(checked{}, err)
				return
			}
			if !yield(checked{seq, record.line, s.judge.check(record)}, nil) {
				return
			}
		}
	}
}

// firstPass checks each row on its own and counts.
func (s *scan) firstPass(ctx context.Context) error {
	for row, err := range ahead.Pairs(s.check(ctx)) {
		if err != nil {
			return err
		}
		s.Rows++
		if row.looks {
			s.looking++
		}
		s.tally(row.seq, row.line, &row.finding)
	}
	return nil
}

// tally counts a row.
func (s *scan) tally(seq, line int, v *finding) {
	mark := actionMark(v.action)
	s.occurs |= mark
	if v.copied {
		return
	}
	s.Selected++
	s.ByAction[v.action]++
	if v.iccid != "" {
		s.prefixes.add(v.iccid, line)
	}
	if v.fault != nil {
		s.add(v.fault, line)
		return
	}
	s.overruled(line, v)
	if v.wrong {
		s.WrongCheckDigits++
	}
	if v.action.Irreversible() {
		s.Irreversible++
		s.Groups[v.group]++
	}
	if s.seen.add(s.f.hash(v.iccid.SIM()), mark) && seq > s.lastRepeat {
		s.lastRepeat = seq
	}
}

// secondPass holds the rows that may repeat each other against each other, and
// corrects the counts.
func (s *scan) secondPass(ctx context.Context) error {
	r, err := s.f.open()
	if err != nil {
		return err
	}
	defer r.close()
	found := newRepeats()
	judge := newJudge(s.f, s.rounded)
	for seq := 0; seq <= s.lastRepeat; seq++ {
		if seq%checkEvery == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		record, err := r.next()
		if err != nil {
			return fmt.Errorf("reading the copy of the input again: %w", err)
		}
		v := judge.check(record)
		if v.good() && s.seen.marks(s.f.hash(v.iccid.SIM()))&repeated != 0 {
			found.note(seq, record.line, &v)
		}
	}
	s.marks = found.marks()
	s.correct(found)
	return nil
}

// correct takes out of the counts what turned out to be a repetition.
func (s *scan) correct(found *repeats) {
	at := 0
	for _, m := range s.marks.list {
		if m.kind == repeatedRead {
			s.RepeatedReads++
			continue
		}
		for found.rows[at].seq != m.seq {
			at++
		}
		s.add(s.marks.fault(m), found.rows[at].line)
		s.Irreversible--
		group := s.marks.groups[m.group]
		if s.Groups[group]--; s.Groups[group] == 0 {
			delete(s.Groups, group)
		}
	}
}
