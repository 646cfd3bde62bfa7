package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"hash/maphash"
	"strconv"

	"github.com/spf13/cobra"

	"bulk/cmd/bulk/batch"
	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/ledgers"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/report"
)

// comparing is two runs, held against each other.
type comparing struct {
	p      *settings.Sources
	u      *console.UI
	ledger string
}

func newDiff(p *settings.Sources, u *console.UI) *cobra.Command {
	c := &comparing{p: p, u: u}
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "Say which SIMs differ between two runs, and in what",
		Long: `Holds the rows of run B against those of run A, by SIM and action: the outcome, its
code, the group of a command, and every data column. What differs is written as CSV,
a line for each field. Exit 6 where anything does. Of activation codes it is only said
that they differ. A command that one run did (ok) and the other found done already
(skipped, already_done), for the same group, is the same standing and no difference;
so is one in doubt (unknown) that the other found in doubt still (still_unknown).`,
		Example: `  bulk runs diff 11 12
  bulk runs diff 11 12 > since-last-night.csv`,
		Args: twoRuns,
		RunE: func(cmd *cobra.Command, args []string) error {
			var ids [2]int64
			for i, arg := range args {
				var err error
				if ids[i], err = strconv.ParseInt(arg, 10, 64); err != nil {
					return console.Misused("%q is not the number of a run; bulk runs lists them", arg)
				}
			}
			return c.do(cmd.Context(), ids[0], ids[1])
		},
	}
	cmd.Flags().StringVar(&c.ledger, "ledger", "", settings.LedgerUsage)
	return cmd
}

// rowKey is a row as it is found in another run: the nth of its SIM and action.
type rowKey struct {
	sim    jobs.SIM
	action jobs.Action
	nth    int
}

// eachRow goes through the rows of a run.
func (c *comparing) eachRow(ctx context.Context, db *ledger.DB, run int64, see func(rowKey, jobs.Row, jobs.Result) error) error {
	info, err := ledgers.Run(ctx, db, run)
	if err != nil {
		return err
	}
	w, done, err := batch.KeptRun(ctx, c.p, db, info)
	if err != nil {
		return err
	}
	defer done()
	type place struct {
		sim    jobs.SIM
		action jobs.Action
	}
	seen := map[place]int{}
	return w.Each(ctx, func(row jobs.Row, result jobs.Result) error {
		if row.ICCID == "" {
			return nil // it names no SIM
		}
		at := place{row.ICCID.SIM(), row.Action}
		seen[at]++
		return see(rowKey{at.sim, at.action, seen[at]}, row, result)
	})
}

// compared are the fields of a row that are held against each other.
func compared(row *jobs.Row, result *jobs.Result) (names, values []string) {
	names, values = []string{"outcome", "error_code"}, []string{string(result.Outcome), string(result.Code)}
	if row.Action.Irreversible() {
		names, values = append(names, "group"), append(values, row.Group)
	}
	for _, column := range jobs.ColumnsOf(jobs.Actions) {
		if column.String() != "qr_file" { // where its picture went
			names, values = append(names, column.String()), append(values, result.Data.Get(column))
		}
	}
	return names, values
}

// outcomeOfB is a row of the other run, and what became of it.
type outcomeOfB struct {
	row    jobs.Row
	result jobs.Result
}

var seed = maphash.MakeSeed()

// digest stands for a row's fields: runs may have millions of rows.
type digest struct {
	fields   uint64
	standing uint64 // of what the ledger knows of the command, and its group; 0: of nothing
	found    bool   // that is of an earlier run
}

func digestOf(row *jobs.Row, result *jobs.Result) (d digest) {
	_, values := compared(row, result)
	d.fields = hashed(values...)
	if !row.Action.Irreversible() {
		return d
	}
	d.found = result.Code == jobs.AlreadyDone || result.Code == jobs.StillUnknown
	switch {
	case result.Outcome == jobs.OK, result.Code == jobs.AlreadyDone:
		d.standing = hashed("done", row.Group)
	case result.Outcome == jobs.Unknown:
		d.standing = hashed("in doubt", row.Group)
	}
	return d
}

func hashed(texts ...string) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	for _, text := range texts {
		_, _ = h.WriteString(text)
		_ = h.WriteByte(0)
	}
	return h.Sum64()
}

// differs reports whether a row came to something else. One run asks nothing about
// what another did, so then there is no more to be held against each other than how
// the command stands.
func (d digest) differs(other digest) bool {
	if d.standing != 0 && d.standing == other.standing && (d.found || other.found) {
		return false
	}
	return d.fields != other.fields
}

func (c *comparing) do(ctx context.Context, a, b int64) error {
	path, err := c.p.LedgerPath(c.ledger)
	if err != nil {
		return err
	}
	db, err := ledgers.OpenLedger(ctx, c.p, path, ledger.Options{Look: true})
	if err != nil {
		return err
	}
	defer db.Close()
	before := map[rowKey]digest{}
	err = c.eachRow(ctx, db, a, func(key rowKey, row jobs.Row, result jobs.Result) error {
		before[key] = digestOf(&row, &result)
		return nil
	})
	if err != nil {
		return err
	}
	other := map[rowKey]*outcomeOfB{} // rows that differ, and those that only b has (nil in a)
	met := 0
	err = c.eachRow(ctx, db, b, func(key rowKey, row jobs.Row, result jobs.Result) error {
		was, there := before[key]
		if there {
			met++
		}
		if !there || was.differs(digestOf(&row, &result)) {
			other[key] = &outcomeOfB{row, result}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(other) == 0 && met == len(before) {
		c.u.Say("runs %d and %d have the same %s, with the same results", a, b, console.Plural(met, "row", "rows"))
		return nil
	}
	differing, err := c.write(ctx, db, a, b, before, other)
	if err != nil {
		return err
	}
	c.u.Say("%s between runs %d and %d", console.Plural(differing, "row differs", "rows differ"), a, b)
	return console.ExitWith(report.ExitDrift)
}

// write writes what differs: in the order of a, and then what only b has.
func (c *comparing) write(ctx context.Context, db *ledger.DB, a, b int64, before map[rowKey]digest, other map[rowKey]*outcomeOfB) (rows int, err error) {
	w := csv.NewWriter(c.p.Stdout)
	_ = w.Write([]string{"iccid", "action", "field", fmt.Sprint("run_", a), fmt.Sprint("run_", b)})
	stays := map[rowKey]bool{}
	err = c.eachRow(ctx, db, b, func(key rowKey, _ jobs.Row, _ jobs.Result) error {
		stays[key] = true
		return nil
	})
	if err != nil {
		return 0, err
	}
	err = c.eachRow(ctx, db, a, func(key rowKey, row jobs.Row, was jobs.Result) error {
		is, differs := other[key]
		switch {
		case !stays[key]:
			rows++
			return w.Write([]string{string(row.ICCID), string(row.Action), "row", string(was.Outcome), ""})
		case !differs:
			return nil
		}
		rows++
		names, old := compared(&row, &was)
		_, now := compared(&is.row, &is.result)
		for i, name := range names {
			if old[i] == now[i] {
				continue
			}
			from, to := old[i], now[i]
			if column, ok := jobs.ParseColumn(name); ok && column.LPA() {
				from, to = hidden(from), hidden(to)
			}
			if err := w.Write([]string{string(row.ICCID), string(row.Action), name, from, to}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	err = c.eachRow(ctx, db, b, func(key rowKey, row jobs.Row, is jobs.Result) error {
		if _, there := before[key]; there {
			return nil
		}
		rows++
		return w.Write([]string{string(row.ICCID), string(row.Action), "row", "", string(is.Outcome)})
	})
	w.Flush()
	if err == nil {
		err = w.Error()
	}
	return rows, err
}

// hidden stands for a secret of the SIM.
func hidden(text string) string {
	if text == "" {
		return ""
	}
	return "***"
}
