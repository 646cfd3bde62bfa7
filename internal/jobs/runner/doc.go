// Package runner spreads the rows of an input over workers: a lane for each
// upstream, so that none waits for the other, the rows of one SIM in the order
// of the file and never at once, and guards that end a run before it does harm.
//
// What is done for a row is [jobs.DoRow]'s business, how fast an upstream's
// rows may go the [Line]'s, what stays of it the ledger's, and what a person
// sees the caller's.
package runner
