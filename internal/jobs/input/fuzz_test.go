package input

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

// FuzzReadInput holds any bytes against what every reader of rows relies on.
func FuzzReadInput(f *testing.F) {
	names, err := filepath.Glob("../../../testdata/csv/*.csv")
	require.NoError(f, err)
	cases, err := filepath.Glob("../../../testdata/cases/*")
	require.NoError(f, err)
	for _, name := range append(names, cases...) {
		text, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(text, byte(0))
		f.Add(text, byte(7))
	}
	f.Fuzz(func(t *testing.T, text []byte, how byte) {
		o := Options{Ordered: how&1 != 0}
		if how&2 != 0 {
			o.Action, o.Group = jobs.SetAAGroup, "A"
		}
		if how&4 != 0 {
			o.Only = []jobs.Outcome{jobs.Failed}
		}
		c, err := Take(bytes.NewReader(text), t.TempDir())
		require.NoError(t, err)
		file, err := Open(t.Context(), c, o)
		if err != nil {
			requireOnlyRefusal(t, err)
			return
		}
		s, err := file.Scan(context.Background())
		if err != nil {
			requireOnlyRefusal(t, err)
			return
		}
		requireSound(t, file, s)
	})
}

func requireOnlyRefusal(t *testing.T, err error) {
	var refusal *Refusal
	require.True(t, errors.As(err, &refusal), "%v", err)
}

func requireSound(t *testing.T, f *File, s *Survey) {
	seq, line, faulty, irreversible, selected := 0, 0, 0, 0, 0
	for row, err := range f.Rows(context.Background(), s) {
		require.NoError(t, err)
		require.Equal(t, seq, row.Seq)
		require.Greater(t, row.Line, line)
		require.Len(t, row.Fields, len(f.Columns()))
		require.Equal(t, f.Results(), row.Prior != nil)
		require.False(t, row.Copied && row.Fault != nil)
		require.Less(t, row.SameReadAs, row.Seq)
		seq, line = seq+1, row.Line
		if row.Copied {
			continue
		}
		selected++
		if row.Fault != nil {
			faulty++
			require.NotEmpty(t, row.Fault.Text)
			continue
		}
		_, fault := jobs.ParseICCID(string(row.ICCID))
		require.Nil(t, fault)
		require.Contains(t, jobs.Actions, row.Action)
		if row.Action.Irreversible() {
			irreversible++
			require.NotEmpty(t, row.Group)
		}
	}
	require.Equal(t, []int{seq, selected, faulty, irreversible}, []int{s.Rows, s.Selected, s.Faulty, s.Irreversible})
}
