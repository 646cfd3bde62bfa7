// Package ledger is the durable record: which runs there were, what was
// approved, what became of every row, and above all every irreversible request,
// written down before it is sent.
//
// It is one SQLite file (schema.sql, readable with the sqlite3 command). One
// goroutine writes, in group commits: an intent is on disk (fsync) when the call
// returns, the outcome of a command follows at once, the results of reads may be
// a moment late. Any number of processes may have the file open; that only one of them
// runs on an account at a time is the business of [Lock].
//
// What an irreversible act's history means for a row is decided in package
// jobs; what is shown of it, elsewhere.
package ledger
