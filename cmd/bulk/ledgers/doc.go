// Package ledgers opens a ledger for a command, and holds it against the marks
// that this machine keeps outside it (package mark). What a ledger promises is for
// package ledger; when a run is refused is for package batch.
package ledgers
