package temporal

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// The names by which server and workers know things. Runs under way are known by them:
// they do not change.
const (
	workflowName = "Run"
	lookName     = "Look"
	legName      = "Leg"
	knock        = "knock" // the signal: look at the ledger now
)

// workflowID is a run's, of all runs of all ledgers.
func workflowID(ledger string, run int64) string { return fmt.Sprintf("bulk-run-%s-%d", ledger, run) }

// queue is where the tasks of runs on these accounts, by their one names, wait for
// workers that have the credentials of all of them, and the same ledger: another one's
// run 12 is another run.
func queue(ledger string, accounts []string) string {
	sum := sha256.Sum256([]byte(strings.Join(append([]string{ledger}, slices.Sorted(slices.Values(accounts))...), "\n")))
	return "bulk:" + hex.EncodeToString(sum[:16])
}

// subsets are all choices of accounts, none included: a file may have no row to send.
func subsets(accounts []string) [][]string {
	all := [][]string{nil}
	for _, account := range accounts {
		for _, some := range all {
			all = append(all, append(slices.Clone(some), account))
		}
	}
	return all
}
