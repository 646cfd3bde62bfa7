package input

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

func TestRefusals(t *testing.T) {
	for _, c := range []struct{ name, says string }{
		{"broken_quote.csv", "line 5: a quote is broken"},
		{"broken_quote_open.csv", "line 3: a quote is broken"},
		{"broken_quotes_cancel_out.csv", "line 3: a quoted field runs on over line 4"},
		{"empty.csv", "the file is empty"},
		{"no_header.csv", "line 1: the file has no header; its first line is data already"},
		{"no_iccid_column.csv", `line 1: the header has no iccid column; it has "sim", "action"`},
		{"iccid_twice.csv", "line 1: the header names iccid twice"},
		{"old_mac.csv", "CR alone"},
		{"utf16_without_mark.csv", "UTF-16 without a byte order mark"},
		{"workbook.csv", "a workbook"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := openFile(t, c.name, Options{})
			if err == nil {
				_, err = f.Scan(context.Background())
			}
			requireRefusal(t, err, c.says)
		})
	}
	for _, c := range []struct {
		name, text string
		options    Options
		says       string
	}{
		{"quote in the header", "ic\"cid,action\n", Options{}, "line 1: a quote is broken"},
		{"quote after a space", "iccid,action,note\n" + sim1 + ", \"query_status\",x\n", Options{}, "line 2: a quote is broken"},
		{"bad delimiter", "iccid\n", Options{Delimiter: 'é'}, "cannot separate fields"},
		{"other delimiter than given", "iccid;action\n", Options{Delimiter: ','}, "no iccid column"},
		{"no action anywhere", "iccid\n" + sim1 + "\n", Options{}, "--action was not given"},
		{"only without results", "iccid,action\n", Options{Only: []jobs.Outcome{jobs.Failed}}, "--only has nothing to choose by"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := open(t, c.text, c.options)
			if err == nil {
				_, err = f.Scan(context.Background())
			}
			requireRefusal(t, err, c.says)
		})
	}
}

func requireRefusal(t *testing.T, err error, says string) {
	t.Helper()
	var refusal *Refusal
	require.True(t, errors.As(err, &refusal), "%v", err)
	require.Contains(t, refusal.Text, says)
	require.NotEmpty(t, refusal.Hint)
}
