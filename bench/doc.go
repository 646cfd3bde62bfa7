// Command bench measures bulk against the bounds that it promises, each as a
// ratio or a number held against something measured on the spot:
//
//	go run ./bench                 # all of it, some twenty minutes
//	go run ./bench -quick          # shorter runs, some five minutes
//	go run ./bench -only pacing,memory
//
// It builds the command, serves both upstreams from a process of its own, and
// prints one table and the machine it was made on. Machines are noisy: what is
// compared is measured in turns, and the median counts. Throughput is held
// against a bare loop with the same client (bare.go), reading a file against
// encoding/csv with gocsv's mapping (check.go), a ledger with a history against an
// empty one (history.go).
//
// It knows the command only from outside. From the inside it borrows the
// sandbox, to serve it, the m2m client, for the bare loop, and the ledger's tables,
// to fill them.
package main
