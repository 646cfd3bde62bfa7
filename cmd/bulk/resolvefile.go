package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"bulk/cmd/bulk/console"
	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
)

// asked is one SIM that something is said about.
type asked struct {
	iccid   jobs.ICCID
	account string // as a result file has it; empty: not said
	verdict ledger.Verdict
	group   string // with FoundDone: that the portal shows, where it is said; empty: the one that was sent
}

// asked reads what is to be settled: an ICCID, or those of a file.
func (r *resolving) asked(ctx context.Context, what string) ([]asked, error) {
	if _, err := os.Stat(what); err != nil && what != "-" {
		iccid, err := jobs.ICCIDOf(what)
		switch {
		case err != nil && strings.Trim(what, "0123456789 -") != "":
			return nil, console.Refused(fmt.Sprintf("%s is no ICCID, and no file: it does not exist", what), "look at the path, or write the SIM's 19 or 20 digits; nothing was settled")
		case err != nil:
			return nil, console.Refused(fmt.Sprintf("%q is no file and no ICCID: %v", what, err))
		case r.verdict == "":
			return nil, console.Misused("say what you found: --done, --not-done, --cannot-tell or --undo, one of them")
		}
		return []asked{{iccid: iccid, verdict: r.verdict, group: r.group}}, nil
	}
	var all []asked
	seen := map[jobs.SIM]int{} // the line
	err := r.eachAsked(ctx, what, func(a asked, line int) error {
		if before := seen[a.iccid.SIM()]; before > 0 {
			i := slices.IndexFunc(all, func(b asked) bool { return b.iccid.SIM() == a.iccid.SIM() })
			if all[i].verdict == a.verdict && all[i].group != a.group {
				return console.Refused(fmt.Sprintf("%s: line %d says group %s of %s, and line %d says %s", what, before, all[i].group, a.iccid, line, a.group), "nothing was settled")
			}
			if all[i].verdict != a.verdict {
				return console.Refused(fmt.Sprintf("%s: line %d says %s of %s, and line %d says %s", what, before, all[i].verdict, a.iccid, line, a.verdict), "nothing was settled")
			}
			return nil
		}
		seen[a.iccid.SIM()] = line
		all = append(all, a)
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case all == nil:
		return nil, console.Refused(what + " names no SIM that could be unknown")
	}
	return all, nil
}

// eachAsked goes through a file: its own verdicts where it has that column,
// else the rows that a result file has as unknown, or all of another file.
func (r *resolving) eachAsked(ctx context.Context, name string, use func(asked, int) error) error {
	file, rows, done, err := lookThrough(ctx, r.p, r.u, name, jobs.QueryStatus)
	if err != nil {
		return err
	}
	defer done()
	column := func(name string) int {
		return slices.IndexFunc(file.Columns(), func(c string) bool { return jobs.NormalName(c) == name })
	}
	said, group := column("verdict"), column("group")
	switch {
	case said < 0 && r.verdict == "":
		return console.Misused("say what you found: --done, --not-done, --cannot-tell or --undo, one of them; or add a column verdict to %s", name)
	case said >= 0 && r.verdict != "":
		return console.Misused("%s has a column verdict: take the flag out, or the column", name)
	}
	for row, err := range rows {
		if err != nil {
			return console.Broken(err)
		}
		a := asked{iccid: row.ICCID, verdict: r.verdict, group: r.group}
		if row.Prior != nil {
			a.account = row.Prior.Cells.Account
		}
		switch {
		case said >= 0:
			if jobs.NormalName(row.Fields[said]) == "" {
				continue
			}
			if a.verdict, err = readVerdict(row.Fields[said]); err != nil {
				return console.Refused(fmt.Sprintf("%s, line %d: %v", name, row.Line, err), "nothing was settled")
			}
			if a.verdict == ledger.FoundDone && group >= 0 {
				a.group = strings.TrimSpace(row.Fields[group])
			}
		case row.Prior != nil && row.Prior.Outcome != jobs.Unknown && r.verdict != takeBack:
			continue
		}
		if row.ICCID == "" {
			r.u.Warn("%s, line %d, is passed over: %s", name, row.Line, row.Fault.Text)
			continue
		}
		if err := use(a, row.Line); err != nil {
			return err
		}
	}
	return nil
}

func readVerdict(text string) (ledger.Verdict, error) {
	switch v := ledger.Verdict(jobs.NormalName(text)); v {
	case ledger.FoundDone, ledger.FoundNotDone, ledger.NotToBeTold:
		return v, nil
	}
	return "", fmt.Errorf("a verdict is done, not_done or cannot_tell, not %q", text)
}
