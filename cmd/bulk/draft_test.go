package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/runner"
	"bulk/internal/report"
)

func emptyDraft(t *testing.T) *draft {
	file, err := os.Create(filepath.Join(t.TempDir(), "draft"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = file.Close() })
	d := &draft{file: file, out: bufio.NewWriter(file), tally: report.NewTally()}
	d.records = report.NewResults(d.out, []string{"iccid"}, nil)
	require.NoError(t, d.records.Header())
	return d
}

func (d *draft) take(seqs ...int) {
	for _, seq := range seqs {
		d.add(&jobs.Row{Seq: seq, Line: seq + 2, Fields: []string{fmt.Sprint("sim", seq)}}, &jobs.Result{Seq: seq, Outcome: jobs.OK})
	}
}

func TestDraftKeepsTheOrderOfTheInput(t *testing.T) {
	d := emptyDraft(t)
	d.take(2, 1, 0, 4, draftAhead+2, 3)
	for seq := 5; seq < draftAhead+2; seq++ {
		d.take(seq)
	}
	require.NotNil(t, d.whole(draftAhead+3, runner.Report{}))
	d.giveUp() // the disk filled up in the last moment
	var out strings.Builder
	require.NoError(t, d.copyTo(&out))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, draftAhead+4)
	for seq, line := range lines[1:] {
		require.True(t, strings.HasPrefix(line, fmt.Sprintf("sim%d,", seq)), line)
	}
}

func TestDraftIsGivenUp(t *testing.T) {
	for name, c := range map[string]func(*draft){
		"a row waits long":      func(d *draft) { d.take(1, draftAhead) },
		"a row was not run":     func(d *draft) { d.add(&jobs.Row{}, &jobs.Result{Outcome: jobs.NotRun}) },
		"a row ends twice":      func(d *draft) { d.take(0, 0) },
		"it cannot be written":  func(d *draft) { _ = d.file.Close(); d.take(0) },
		"a result was not kept": func(d *draft) { d.take(0) },
		"a row is missing":      func(*draft) {},
		"the disk is full":      func(d *draft) { d.take(0); d.giveUp() },
	} {
		t.Run(name, func(t *testing.T) {
			d := emptyDraft(t)
			c(d)
			r := runner.Report{}
			if name == "a result was not kept" {
				r.Unrecorded = map[int]jobs.Result{0: {}}
			}
			require.Nil(t, d.whole(1, r))
			if info, err := d.file.Stat(); err == nil {
				require.Zero(t, info.Size(), "it gives its room back")
			}
		})
	}
}
