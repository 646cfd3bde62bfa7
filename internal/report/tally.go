package report

import (
	"cmp"
	"maps"
	"slices"
	"sync"

	"bulk/internal/jobs"
)

// Tally counts results as they come, for progress while a run goes on and for
// the summary at its end. It is safe for many goroutines.
type Tally struct {
	mu      sync.Mutex
	total   int
	copied  int
	actions map[jobs.Action]Counts
	groups  map[string]Counts
	reasons map[reason]tallied
	named   namedRows
}

type reason struct {
	outcome jobs.Outcome
	code    jobs.Code
}

// mostGroups bounds the groups that are counted one by one: a column of junk
// must not fill the memory.
const mostGroups = 100

type tallied struct{ count, line int }

// NewTally begins a count.
func NewTally() *Tally {
	return &Tally{actions: map[jobs.Action]Counts{}, groups: map[string]Counts{}, reasons: map[reason]tallied{}, named: namedRows{}}
}

// Add counts a row, each once, in the order of the input. Of a copied row only
// that it was copied counts.
func (t *Tally) Add(row *jobs.Row, res *jobs.Result) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.total++
	if row.Copied {
		t.copied++
		return
	}
	t.named.add(row, res)
	count(t.actions, row.Action, res.Outcome)
	if row.Action.Irreversible() && row.Group != "" {
		t.addGroup(row.Group, res.Outcome)
	}
	if res.Code == "" {
		return
	}
	why := reason{res.Outcome, res.Code}
	so := t.reasons[why]
	if so.count == 0 || row.Line < so.line {
		so.line = row.Line
	}
	so.count++
	t.reasons[why] = so
}

func count[K comparable](by map[K]Counts, key K, outcome jobs.Outcome) {
	counts := by[key]
	if counts == nil {
		counts = Counts{}
		by[key] = counts
	}
	counts[outcome]++
}

func (t *Tally) addGroup(group string, outcome jobs.Outcome) {
	if _, known := t.groups[group]; !known && len(t.groups) >= mostGroups {
		group = ""
	}
	count(t.groups, group, outcome)
}

// Counts gives the outcomes so far, copied rows left out.
func (t *Tally) Counts() Counts {
	t.mu.Lock()
	defer t.mu.Unlock()
	total := Counts{}
	for _, counts := range t.actions {
		for outcome, n := range counts {
			total[outcome] += n
		}
	}
	return total
}

// Summary gives what the rows make of a summary: Total, Copied, Actions,
// Groups, Codes and Named. The rest is for the caller to fill in.
func (t *Tally) Summary() Summary {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := Summary{Total: t.total, Copied: t.copied, Named: t.named.first()}
	for _, action := range append(slices.Clone(jobs.Actions), "") {
		if counts := t.actions[action]; counts != nil {
			s.Actions = append(s.Actions, ActionCounts{action, maps.Clone(counts)})
		}
	}
	for _, group := range slices.Sorted(maps.Keys(t.groups)) {
		s.Groups = append(s.Groups, GroupCounts{group, maps.Clone(t.groups[group])})
	}
	for why, so := range t.reasons {
		entry := jobs.Explain(why.code)
		c := CodeCount{why.outcome, why.code, so.count, so.line, entry.Cause, entry.Cure}
		if why.outcome == jobs.Unknown {
			c.Cure = CureUnknown
		}
		s.Codes = append(s.Codes, c)
	}
	slices.SortFunc(s.Codes, func(a, b CodeCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Code, b.Code), cmp.Compare(a.Outcome, b.Outcome))
	})
	return s
}
