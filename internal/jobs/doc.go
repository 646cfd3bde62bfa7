// Package jobs says what is to be done and how far it got: the row of an
// input, its ICCID, its action, the conditions an irreversible row must meet,
// and the one function, [DoRow], that takes a row to its result.
//
// It knows neither HTTP nor a terminal: the upstreams are the interfaces
// [Asker] and [Commander], the ledger is [Ledger], and what a person sees is
// made from [Result] elsewhere. Folders inside it hold what grows: input reads
// files, ledger keeps the record, runner spreads rows over workers.
package jobs
