package jobs_test

import (
	"fmt"

	"bulk/internal/jobs"
)

// A spreadsheet's dress is taken off; what it made a number of is no ICCID any
// more.
func ExampleParseICCID() {
	iccid, _ := jobs.ParseICCID(`="8944 5001 0203 0001 010F"`)
	fmt.Println(iccid)
	_, fault := jobs.ParseICCID("8.94412E+18")
	fmt.Println(fault.Code)
	// Output:
	// 8944500102030001010
	// iccid_scientific
}

// Two ICCIDs of which one is the other and its check digit are one SIM.
func ExampleICCID_SIM() {
	fmt.Println(jobs.ICCID("8944500102030001010").SIM() == jobs.ICCID("89445001020300010103").SIM())
	// Output: true
}

func ExampleReason() {
	fmt.Println(jobs.Reason{Code: jobs.SIMClosed})
	fmt.Println(jobs.Reason{Code: jobs.Timeout, Detail: "no answer came within 30s"})
	// Output:
	// The SIM is closed, which is permanent. Take the row out of the file; no call will ever succeed for this SIM.
	// No answer came within 30s. Run the row again with --only failed.
}
