// Package postgres keeps a ledger in a PostgreSQL database that several machines
// share. Three protections, each enough against one kind of failure, keep a SIM
// from being sent a command twice: the account's lock, which belongs to the
// session that writes and ends with it; the claim's epoch, looked at in every
// transaction that writes an intent; and the unique key over account, SIM and
// action.
//
// It leaves to package ledger what the history means, and to whoever opens it
// what is said to a person: its errors are those of package store, and [*Problem]
// where a server cannot serve as a ledger.
package postgres
