// Package store says what a ledger is kept in: the values that go in and come
// out, and the few interfaces that a place to keep them has. The rules (what
// bars a command, when a change is written, what a run's results are) are the
// front's, package ledger; a store keeps what it is given, durably, and refuses
// what its unique key and its epochs forbid.
//
// Every text that reaches a store is valid UTF-8 without NUL, every time is UTC
// to the millisecond: the front sees to that.
package store
