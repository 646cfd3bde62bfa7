// Package ledger is the durable record: which runs there were, what was
// approved, what became of every row, and above all every irreversible request,
// written down before it is sent.
//
// This is the front: what changes when, and what the history means. Where it is
// kept, package store's interfaces say; package sqlite keeps it in a file. One
// goroutine writes, in group commits: an intent is durable when the call
// returns, the outcome of a command follows at once, the results of reads may be
// a moment late. Any number of processes may have a ledger open; only one of
// them holds an account at a time ([DB.Hold]), and whatever becomes of that
// lock, the store's unique key lets one act at a time stand for a SIM.
//
// What an irreversible act's history means for a row is decided in package
// jobs; what is shown of it, elsewhere.
package ledger
