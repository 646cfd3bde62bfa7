package report

import (
	"bytes"
	"encoding/csv"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/formula"
	"bulk/internal/report/human"
)

func TestResults(t *testing.T) {
	berlin := time.FixedZone("CET", 3600)
	tests := map[string]struct {
		row  jobs.Row
		res  jobs.Result
		want string
	}{
		"a read that was answered": {
			jobs.Row{Line: 2, Fields: []string{"8944100000000000001", "lift 4"}},
			jobs.Result{Outcome: jobs.OK, Account: "m2m:ops@host", RequestID: "81723", Attempts: 2, HTTPStatus: 200,
				Started: time.Date(2026, 11, 22, 1, 2, 3, 4_500_000, berlin), Duration: 1234567 * time.Microsecond,
				Data: jobs.Data{SIMStatus: "active"}},
			"8944100000000000001,lift 4,2,ok,,,,m2m:ops@host,81723,2,200,2026-11-22T00:02:03.004Z,1234,active,",
		},
		"nothing was sent": {
			jobs.Row{Line: 17, Fields: []string{"12", ""}},
			jobs.Result{Outcome: jobs.Invalid, Code: jobs.ICCIDFormat, Description: "it has 2 digits, not 19 or 20"},
			`12,,17,invalid,iccid_format,"it has 2 digits, not 19 or 20",,,,0,,,,,`,
		},
		"started and answered at once": {
			jobs.Row{Line: 3, Fields: []string{"1", "2"}},
			jobs.Result{Outcome: jobs.OK, Attempts: 1, Started: time.Unix(0, 0)},
			"1,2,3,ok,,,,,,1,,1970-01-01T00:00:00.000Z,0,,",
		},
		"formulas from an upstream": {
			jobs.Row{Line: 4, Fields: []string{"1", "=ours()"}},
			jobs.Result{Outcome: jobs.Failed, Code: jobs.BadRequest, UpstreamError: "=HYPERLINK()", RequestID: "+1",
				Data: jobs.Data{SIMStatus: "\t@SUM", ContractMonths: "-1"}},
			"1,=ours(),4,failed,bad_request,,'=HYPERLINK(),,'+1,0,,,,' @SUM,'-1",
		},
		"formulas where a cell may be split": {
			jobs.Row{Line: 4, Fields: []string{"1", ";=ours()"}},
			jobs.Result{Outcome: jobs.Failed, UpstreamError: "no;=HYPERLINK()", Data: jobs.Data{SIMStatus: "a,@b"}},
			`1,;=ours(),4,failed,,,no;'=HYPERLINK(),,,0,,,,"a,'@b",`,
		},
		"line breaks in a description": {
			jobs.Row{Line: 5, Fields: []string{"1", ""}},
			jobs.Result{Outcome: jobs.Failed, Description: "one\r\ntwo", UpstreamError: "three\nfour\xff"},
			"1,,5,failed,,one  two,three four\uFFFD,,,0,,,,,",
		},
		"too few fields": {
			jobs.Row{Line: 6, Fields: []string{"1"}},
			jobs.Result{Outcome: jobs.Invalid, Code: jobs.FieldCount},
			"1,,6,invalid,field_count,,,,,0,,,,,",
		},
		"too many fields": {
			jobs.Row{Line: 7, Fields: []string{"1", "2", "3"}},
			jobs.Result{Outcome: jobs.Invalid, Code: jobs.FieldCount},
			"1,2,7,invalid,field_count,,,,,0,,,,,",
		},
		"copied": {
			jobs.Row{Line: 8, Fields: []string{"1", "2"}, Copied: true, Prior: &jobs.Prior{Outcome: jobs.OK, Cells: jobs.ResultRow{
				Line: "99", Outcome: "ok", UpstreamError: "'-upstream", Account: "acc", RequestID: "77", Attempts: "1", HTTPStatus: "200",
				Started: "2026-01-01T00:00:00.000Z", Duration: "5", Data: jobs.Data{ContractMonths: "12", ProfileState: "enabled"}}}},
			jobs.Result{Outcome: jobs.NotRun},
			"1,2,8,ok,,,'-upstream,acc,77,1,200,2026-01-01T00:00:00.000Z,5,,12",
		},
		"copied, the apostrophe lost in a spreadsheet": {
			jobs.Row{Line: 9, Fields: []string{"1", "2"}, Copied: true, Prior: &jobs.Prior{Cells: jobs.ResultRow{
				Line: "99", Outcome: "failed", UpstreamError: "-upstream", Account: "@acc"}}},
			jobs.Result{},
			"1,2,9,failed,,,'-upstream,@acc,,,,,,,",
		},
	}
	const header = "iccid,site,line,outcome,error_code,error_description,upstream_error,account,request_id," +
		"attempts,http_status,started_at,duration_ms,sim_status,contract_months_remaining"
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			r := NewResults(&out, []string{"iccid", "site"}, []jobs.Column{column("sim_status"), column("contract_months_remaining")})
			require.NoError(t, r.Header())
			// A full row before, so that nothing of it may show through.
			full := jobs.Row{Line: 1, Fields: []string{"x", "x"}}
			require.NoError(t, r.Write(&full, &jobs.Result{Outcome: jobs.OK, Code: "x", Description: "x", UpstreamError: "x",
				Account: "x", RequestID: "x", Attempts: 9, HTTPStatus: 9, Started: time.Unix(9, 0), Duration: 9,
				Data: jobs.Data{SIMStatus: "x", ContractMonths: "x"}}))
			require.NoError(t, r.Write(&test.row, &test.res))
			require.NoError(t, r.Flush())
			lines := strings.Split(out.String(), "\n")
			require.Equal(t, header, lines[0])
			require.Equal(t, test.want, lines[2])
			require.Equal(t, "", lines[3])
		})
	}
}

func column(name string) jobs.Column {
	c, ok := jobs.ParseColumn(name)
	if !ok {
		panic(name)
	}
	return c
}

func TestResultsReportAFullDisk(t *testing.T) {
	r := NewResults(fullDisk{}, []string{"iccid"}, nil)
	require.NoError(t, r.Header())
	require.ErrorIs(t, r.Flush(), errFull)
	var err error
	for i := 0; i < 1000 && err == nil; i++ {
		err = r.Write(&jobs.Row{Line: i}, &jobs.Result{Outcome: jobs.OK})
	}
	require.ErrorIs(t, err, errFull)
}

// FuzzResults: whatever is in the fields, reading the file back gives the same
// cells, save for the apostrophe, and no upstream cell is a formula.
func FuzzResults(f *testing.F) {
	f.Add("8944100000000000001", "site", "bad", "invalid iccid", "123", "active")
	f.Add("=1+1", "a,b\"c", "one\ntwo", "=cmd|' /C calc'!A0", "-1", "@SUM(A1)")
	f.Add("\ufeff", "\\.", "\r", "\t=1", " +1", "＝1")
	f.Add("", "", "", "", "", "")
	f.Add("\"", "a\r\nb", "\x00", "\xff=", "\u2028=", "'=")
	f.Fuzz(func(t *testing.T, iccid, site, description, upstream, request, data string) {
		var out bytes.Buffer
		r := NewResults(&out, []string{"iccid", "site"}, []jobs.Column{column("sim_status")})
		require.NoError(t, r.Header())
		row := jobs.Row{Line: 2, Fields: []string{iccid, site}}
		res := jobs.Result{Outcome: jobs.Failed, Description: description, UpstreamError: upstream, RequestID: request,
			Data: jobs.Data{SIMStatus: data}}
		require.NoError(t, r.Write(&row, &res))
		require.NoError(t, r.Flush())

		back := csv.NewReader(&out)
		header, err := back.Read()
		require.NoError(t, err)
		cells, err := back.Read()
		require.NoError(t, err)
		require.Len(t, cells, len(header))
		_, err = back.Read()
		require.ErrorIs(t, err, io.EOF)

		asRead := strings.NewReplacer("\r\n", "\n")
		require.Equal(t, asRead.Replace(iccid), cells[0])
		require.Equal(t, asRead.Replace(site), cells[1])
		for name, text := range map[string]string{"error_description": description, "upstream_error": upstream, "request_id": request, "sim_status": data} {
			cell := cells[slices.Index(header, name)]
			require.NotContains(t, cell, "\n")
			require.Equal(t, formula.Guard(human.OneLine(text)), cell, name)
		}
	})
}

func BenchmarkResultsCheck(b *testing.B) {
	r := NewResults(io.Discard, []string{"iccid", "action", "group", "site"}, []jobs.Column{column("sim_status")})
	row := jobs.Row{Line: 123456, Fields: []string{"8944100000000000001", "set_aa_group", "G-LIVE", "site 14"}}
	b.ReportAllocs()
	for b.Loop() {
		if err := r.Write(&row, &jobs.Result{Outcome: jobs.Valid}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkResultsRun(b *testing.B) {
	r := NewResults(io.Discard, []string{"iccid", "action", "group", "site"}, jobs.SetAAGroup.Columns())
	row := jobs.Row{Line: 123456, Fields: []string{"8944100000000000001", "set_aa_group", "G-LIVE", "site 14"}}
	res := jobs.Result{Outcome: jobs.OK, Account: "m2m:ops@api.m2miportal.com", RequestID: "918273645", Attempts: 3,
		HTTPStatus: 200, Started: time.Unix(1793000000, 0), Duration: 93 * time.Millisecond,
		Data: jobs.Data{SIMStatus: "active", ContractType: "1", ContractMonths: "0"}}
	b.ReportAllocs()
	for b.Loop() {
		if err := r.Write(&row, &res); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// In a plan nothing is left that differs from one dry run to the next.
func TestResultsOfAPlan(t *testing.T) {
	res := jobs.Result{Outcome: jobs.OK, Account: "m2m:ops@host", RequestID: "81723", Attempts: 2, HTTPStatus: 200, Started: time.Unix(0, 0),
		Duration: time.Second, Data: jobs.Data{QRCode: "LPA:1$h$m", QRFile: "x-qr/1.png"}}
	earlier := jobs.ResultRow{Outcome: "ok", Attempts: "3", RequestID: "7", Started: "2026-11-22T00:02:03.004Z", Duration: "12", HTTPStatus: "200"}
	var out bytes.Buffer
	code, _ := jobs.ParseColumn("qr_code")
	file, _ := jobs.ParseColumn("qr_file")
	r := NewResults(&out, []string{"iccid"}, []jobs.Column{code, file})
	r.Plan = true
	require.NoError(t, r.Write(&jobs.Row{Line: 2, Fields: []string{"1"}}, &res))
	require.NoError(t, r.Write(&jobs.Row{Line: 3, Fields: []string{"1"}, Copied: true, Prior: &jobs.Prior{Cells: earlier}}, nil))
	require.NoError(t, r.Flush())
	require.Equal(t, "1,2,ok,,,,m2m:ops@host,,,,,,LPA:1$h$m,\n1,3,ok,,,,,,,,,,,\n", out.String())
}
