package files

import (
	"cmp"
	"slices"

	"bulk/internal/jobs"
	"bulk/internal/report/redact"
)

// gravest lists the outcomes by how much they ask for somebody's attention.
var gravest = []jobs.Outcome{
	jobs.Unknown, jobs.Failed, jobs.Rejected, jobs.Invalid, jobs.Drift, jobs.NotRun, jobs.Skipped, jobs.Planned, jobs.Valid, jobs.OK,
}

// grave reports whether an outcome is not as it should be.
func grave(o jobs.Outcome) bool {
	at := slices.Index(gravest, o)
	return at >= 0 && at <= slices.Index(gravest, jobs.NotRun)
}

// picked is a row that a report lists.
type picked struct {
	row    jobs.Row
	result jobs.Result // fit for a report
}

// pick keeps a bounded number of rows: all where there are not more, else the
// gravest, and of those the first.
type pick struct {
	limit int
	seen  map[jobs.Outcome]int
	kept  map[jobs.Outcome][]picked
	count int // kept
}

func newPick(limit int) *pick {
	return &pick{limit: limit, seen: map[jobs.Outcome]int{}, kept: map[jobs.Outcome][]picked{}}
}

// take gathers the rows; those copied from an earlier result are left out.
func (p *pick) take(rows Rows) error {
	return rows(func(row jobs.Row, result jobs.Result) error {
		if !row.Copied {
			p.add(row, result)
		}
		return nil
	})
}

func (p *pick) add(row jobs.Row, result jobs.Result) {
	p.seen[result.Outcome]++
	if p.count >= p.limit && !p.drop(result.Outcome) {
		return
	}
	row.Fields = slices.Clone(row.Fields)
	row.Prior = nil
	p.kept[result.Outcome] = append(p.kept[result.Outcome], picked{row, redact.Result(result)})
	p.count++
}

// drop makes room for a row with this outcome by giving up the last of the
// least grave rows; false: none is less grave.
func (p *pick) drop(outcome jobs.Outcome) bool {
	for i := len(gravest) - 1; gravest[i] != outcome; i-- {
		if kept := p.kept[gravest[i]]; len(kept) > 0 {
			p.kept[gravest[i]] = kept[:len(kept)-1]
			p.count--
			return true
		}
		if i == 0 {
			break
		}
	}
	return false
}

// rows gives those kept in the input's order.
func (p *pick) rows() []picked {
	var all []picked
	for _, outcome := range gravest {
		all = append(all, p.kept[outcome]...)
	}
	slices.SortFunc(all, func(a, b picked) int { return cmp.Compare(a.row.Seq, b.row.Seq) })
	return all
}

// worst gives those kept that are not as they should be, the gravest first.
func (p *pick) worst() []picked {
	var all []picked
	for _, outcome := range gravest {
		if grave(outcome) {
			all = append(all, p.kept[outcome]...)
		}
	}
	return all
}

// left gives how many rows are not kept, and how many of them are grave.
func (p *pick) left() (rows, graveRows int) {
	for outcome, n := range p.seen {
		n -= len(p.kept[outcome])
		rows += n
		if grave(outcome) {
			graveRows += n
		}
	}
	return rows, graveRows
}
