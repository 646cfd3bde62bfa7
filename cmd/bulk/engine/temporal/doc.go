// Package temporal brings runs that were handed over to workers by way of a Temporal
// server. There is one workflow a run, which knows the run's number and nothing else of
// it: what is so of the run, its approval first, is read from the ledger by the two
// activities, Look and Leg. Whoever can write to the server can therefore have a worker
// look at a run, and no more.
package temporal
