package report_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/report"
)

// The columns of the input come first, as they were; the result columns and the
// data columns of the actions follow. Words of an upstream that a spreadsheet
// would run are made harmless.
func ExampleResults() {
	results := report.NewResults(os.Stdout, []string{"iccid", "site"}, jobs.ColumnsOf([]jobs.Action{jobs.QueryStatus}))
	rows := []jobs.Row{
		{Line: 2, ICCID: "8944500102030001010", Fields: []string{"8944500102030001010", "Lyon"}},
		{Line: 3, ICCID: "8944500102030002034", Fields: []string{"8944500102030002034", "Bern"}},
	}
	outcomes := []jobs.Result{
		{Outcome: jobs.OK, Account: "m2m:acme@api.example", Attempts: 1, HTTPStatus: 200, Data: jobs.Data{SIMStatus: "active"}},
		{Outcome: jobs.Failed, Code: jobs.BadRequest, UpstreamError: `=HYPERLINK("http://x")`, Attempts: 1, HTTPStatus: 400},
	}
	if err := results.Header(); err != nil {
		fmt.Println(err)
	}
	for i := range rows {
		if err := results.Write(&rows[i], &outcomes[i]); err != nil {
			fmt.Println(err)
		}
	}
	if err := results.Flush(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// iccid,site,line,outcome,error_code,error_description,upstream_error,account,request_id,attempts,http_status,started_at,duration_ms,sim_status
	// 8944500102030001010,Lyon,2,ok,,,,m2m:acme@api.example,,1,200,,,active
	// 8944500102030002034,Bern,3,failed,bad_request,,"'=HYPERLINK(""http://x"")",,,1,400,,,
}

// A file is in place whole or not at all, and its digest is known, and recorded,
// before it is.
func ExamplePublish() {
	dir, err := os.MkdirTemp("", "bulk-example-*")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "fleet.plan.csv")
	record := func(digest string) error {
		_, err := os.Stat(path)
		fmt.Println("recorded", digest[:8], "in place already:", err == nil)
		return nil
	}
	digest, err := report.Publish(path, record, func(w io.Writer) error {
		_, err := io.WriteString(w, "iccid,action\n")
		return err
	})
	fmt.Println("published", digest[:8], err)
	// Output:
	// recorded 8947b203 in place already: false
	// published 8947b203 <nil>
}

// A Tally makes the part of a summary that comes from the rows; the command
// fills in the rest, and prints it for a person.
func ExampleSummary_Print() {
	tally := report.NewTally()
	add := func(line int, iccid jobs.ICCID, res jobs.Result) {
		tally.Add(&jobs.Row{Line: line, ICCID: iccid, Action: jobs.SetAAGroup}, &res)
	}
	add(2, "8944500102030001010", jobs.Result{Outcome: jobs.OK})
	add(3, "8944500102030002034", jobs.Result{Outcome: jobs.Unknown, Code: jobs.Timeout, Description: "No answer came within 90s."})
	s := tally.Summary()
	s.Command, s.Run, s.Elapsed = "bulk run fleet.csv --yes", "12", 94*time.Second
	s.Origin = report.Origin{Accounts: []string{"m2m:acme@api.example"}, User: "ops", Host: "host-1"}
	s.ExitCode = report.ExitCode(s.Counts(), report.Ends{})
	s.Next = []string{"bulk runs --unknown"}
	if err := s.Print(os.Stdout, 80, false); err != nil {
		fmt.Println(err)
	}
	// Output:
	// bulk run fleet.csv --yes: 2 rows in 1m34s, run 12
	// Exit code 5: some rows became unknown in this run
	// account m2m:acme@api.example
	// run by ops on host-1
	//
	//               ok  unknown  total
	// set_aa_group   1        1      2
	//
	// What went wrong
	//        1  unknown (timeout), first on line 3
	//           Sent, but no trustworthy answer came: it may have been done. Look the
	//           SIM up in the portal, then settle it with bulk resolve --done or
	//           --not-done.
	//
	// Rows to look at
	//        3  8944500102030002034  unknown (timeout): No answer came within 90s.
	//
	// Next
	//   bulk runs --unknown
}

// Several endings at once: what needs somebody most gives the code.
func ExampleExitCode() {
	fmt.Println(report.ExitCode(report.Counts{jobs.OK: 10}, report.Ends{}))
	fmt.Println(report.ExitCode(report.Counts{jobs.OK: 9, jobs.Failed: 1}, report.Ends{}))
	fmt.Println(report.ExitCode(report.Counts{jobs.Unknown: 1, jobs.NotRun: 9}, report.Ends{Interrupted: true}))
	// Output:
	// 0
	// 3
	// 5
}
