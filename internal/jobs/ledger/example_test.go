package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
)

// A SIM is sent a command once: the intent is in the file before the request
// leaves, and as long as it stands the file takes no other.
func ExampleAct_Begin() {
	ctx := context.Background()
	dir, _ := os.MkdirTemp("", "example-*")
	defer os.RemoveAll(dir)
	db, err := ledger.Open(ctx, filepath.Join(dir, "ledger.db"), ledger.Options{Create: true, Now: time.Now})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	const account = "m2m:ops@api.example"
	hold, _ := db.Hold(ctx, []string{account}, 0)
	defer hold.Release()
	run, _ := db.Start(ctx, ledger.RunInfo{Kind: ledger.Real, Input: "fleet.csv", Digest: "d", Accounts: []string{account}, Settings: "{}"})

	row := &jobs.Row{Line: 2, ICCID: "8944500102030001010", Action: jobs.SetAAGroup, Group: "L100"}
	fmt.Println(run.Intend(account, row, jobs.Standing{}).Begin(ctx))
	again := &jobs.Row{Seq: 1, Line: 3, ICCID: "89445001020300010103", Action: jobs.SetAAGroup, Group: "L200"} // the same SIM, with its check digit
	fmt.Println(errors.Is(run.Intend(account, again, jobs.Standing{}).Begin(ctx), jobs.ErrBarred))
	// Output:
	// <nil>
	// true
}
