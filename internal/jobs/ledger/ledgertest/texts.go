package ledgertest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
)

var textTests = []test{
	{"what hurts", testTexts},
	{"large ones", testLargeTexts},
}

// Texts that have hurt some store, and what is kept of them.
var hurtful = []struct{ name, text, kept string }{
	{"empty", "", ""},
	{"NUL", "a\x00b\x00", "a\uFFFDb\uFFFD"},
	{"a lone surrogate", "a\xed\xa0\x80b", "a\uFFFDb"},
	{"bytes of another encoding", "M\xfcller", "M\uFFFDller"},
	{"quotes", `'; DROP TABLE acts; -- " \' \x00 $1 %s ?`, `'; DROP TABLE acts; -- " \' \x00 $1 %s ?`},
	{"a byte order mark", "\uFEFFa", "\uFEFFa"},
	{"beyond the basic plane", "🂡 𝄞", "🂡 𝄞"},
	{"line ends", "a\r\nb\n\r\tc ", "a\r\nb\n\r\tc "},
	{"a number", "0x1F", "0x1F"},
	{"null", "NULL", "NULL"},
	{"composed and not", "é é", "é é"},
	{"JSON", `{"a":[1,"\u0000"]}`, `{"a":[1,"\u0000"]}`},
}

func testTexts(t *testing.T, p Place) {
	ctx := t.Context()
	h := Opened(t, p)
	h.Take(t, Account)
	for n, c := range hurtful {
		t.Run(c.name, func(t *testing.T) {
			info := Info(ledger.Real, "d1")
			info.Input, info.Output, info.User, info.Sheet, info.Columns, info.Group, info.Settings = c.text, c.text, c.text, c.text, c.text, c.text, c.text
			run, err := h.Start(ctx, info)
			require.NoError(t, err)
			require.NoError(t, run.Approve(ctx, ledger.Approval{User: c.text, How: c.text, Reason: c.text, Groups: map[string]int{c.kept: 1}}))
			command, read := Command(0, SIM(n), c.text), Query(1, SIM(n))
			require.NoError(t, run.Intend(Account, &command, jobs.Standing{}).Begin(ctx))
			Record(t, run, command, jobs.Unknown, jobs.Timeout)
			r := Result(read, jobs.Failed, jobs.UpstreamError)
			r.Description, r.UpstreamError, r.RequestID = c.text, c.text, c.text
			r.Data.SIMStatus = c.kept
			require.NoError(t, run.Record(&read, &r, Never(t)))
			_, err = h.Resolve(ctx, Account, SIM(n), ledger.FoundDone, c.text, c.text, c.text)
			require.NoError(t, err)
			require.NoError(t, run.End(ctx, ledger.Ended{Ending: c.text}))
			require.NoError(t, h.Want(ctx, run.ID, "pause", c.text, c.text))

			second := Opened(t, p)
			got, _, err := second.Run(ctx, run.ID)
			require.NoError(t, err)
			for _, text := range []string{got.Input, got.Output, got.User, got.Sheet, got.Columns, got.Group, got.Settings, got.Ending} {
				require.Equal(t, c.kept, text)
			}
			_, found, err := second.Last(ctx, info)
			require.NoError(t, err)
			require.True(t, found, "it is found by what it was begun with")
			approvals, err := second.Approvals(ctx, run.ID)
			require.NoError(t, err)
			require.Equal(t, c.kept, approvals[0].Reason)
			require.Equal(t, map[string]int{c.kept: 1}, approvals[0].Groups)
			all := second.Recorded(t, run.ID)
			require.Len(t, all, 2)
			require.Equal(t, c.kept, all[1].Description)
			require.Equal(t, c.kept, all[1].UpstreamError)
			require.Equal(t, c.kept, all[1].RequestID)
			require.Equal(t, c.kept, all[1].Data.SIMStatus)
			acts, err := second.ActsOn(ctx, SIM(n))
			require.NoError(t, err)
			require.Equal(t, c.kept, acts[0].Group)
			require.Equal(t, c.kept, acts[0].Reason)
			wanted, _, err := second.Wanted(ctx, run.ID)
			require.NoError(t, err)
			require.Equal(t, c.kept, wanted.Reason)
		})
	}
}

func testLargeTexts(t *testing.T, p Place) {
	h := Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	large := strings.Repeat("what the upstream said. ", 1<<20/24)
	row := Query(0, SIM(0))
	r := Result(row, jobs.Failed, jobs.UpstreamError)
	r.UpstreamError = large
	require.NoError(t, run.Record(&row, &r, Never(t)))
	require.Equal(t, large, h.Recorded(t, run.ID)[0].UpstreamError)
}
