package input

import (
	"context"
	"errors"
	"io"
	"iter"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ahead"
)

// Rows reads the copy from its beginning and yields every row in the order of
// the file, each with what is wrong with it, whatever that is. The survey is
// that of this file's Scan. An error is the last thing yielded. Several
// iterations may go on at once. They read a few hundred rows ahead.
func (f *File) Rows(ctx context.Context, s *Survey) iter.Seq2[jobs.Row, error] {
	return ahead.Pairs(f.rows(ctx, s))
}

func (f *File) rows(ctx context.Context, s *Survey) iter.Seq2[jobs.Row, error] {
	return func(yield func(jobs.Row, error) bool) {
		r, err := f.open()
		if err != nil {
			yield(jobs.Row{}, err)
			return
		}
		defer r.close()
		p := &pass{f: f, survey: s, judge: newJudge(f, s.rounded), marks: s.marks.list}
		for seq := 0; ; seq++ {
			if seq%checkEvery == 0 && ctx.Err() != nil {
				yield(jobs.Row{}, context.Cause(ctx))
				return
			}
			record, err := r.next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(jobs.Row{}, err)
				return
			}
			if !yield(p.row(seq, record), nil) {
				return
			}
		}
	}
}

// pass is one iteration over the rows.
type pass struct {
	f      *File
	survey *Survey
	judge  *judge
	marks  []mark   // of the rows still to come
	slab   []string // room for the Fields of rows to come
}

// slabRows is how many rows share one allocation.
const slabRows = 128

func (p *pass) row(seq int, r *record) jobs.Row {
	v := p.judge.check(r)
	row := jobs.Row{
		Seq: seq, Line: r.line, ICCID: v.iccid, Action: v.action, Group: v.group, CurrentGroup: v.current,
		Expect: v.expect, Fault: p.f.locate(&v, r), Copied: v.copied, SameReadAs: -1,
	}
	if v.good() && v.action.Irreversible() {
		if also := p.survey.current.of(v.iccid.SIM()); row.CurrentGroup == "" {
			row.CurrentGroup = also
		} else {
			row.AlsoGroup = also
		}
	}
	if p.f.layout.outcome >= 0 {
		row.Prior = p.f.layout.priorOf(r.fields)
	}
	row.Fields = p.fields(r.fields, &v)
	for len(p.marks) > 0 && p.marks[0].seq <= seq {
		if m := p.marks[0]; m.seq == seq {
			p.apply(m, &row)
		}
		p.marks = p.marks[1:]
	}
	if p.survey.ordered != nil && v.good() {
		row.Ordered = several(p.survey.ordered.marks(p.f.hash(v.iccid.SIM())))
	}
	return row
}

func (p *pass) apply(m mark, row *jobs.Row) {
	if m.kind == repeatedRead {
		row.SameReadAs = m.other
		return
	}
	row.Fault = p.survey.marks.fault(m)
}

// fields gives the input's part of the row as it goes into the result. Rows
// that are only copied stay as they are.
func (p *pass) fields(fields []string, v *finding) []string {
	l := &p.f.layout
	n := len(l.names)
	if len(p.slab) < n {
		p.slab = make([]string, n*slabRows)
	}
	out := p.slab[:n:n]
	p.slab = p.slab[n:]
	l.fields(out, fields)
	if v.copied {
		return out
	}
	if v.iccid != "" {
		out[l.iccidOut] = string(v.iccid)
	} else if clean, fault := jobs.ParseICCID(out[l.iccidOut]); fault == nil {
		out[l.iccidOut] = string(clean)
	}
	if v.action != "" {
		out[l.actionOut] = string(v.action)
	}
	if v.group != "" && l.groupOut >= 0 {
		out[l.groupOut] = v.group
	}
	return out
}
