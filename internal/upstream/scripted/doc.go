// Package scripted is an m2m upstream for tests whose answers are generated: from
// outcomes, words, statuses and shapes, with the truth known, that is whether it
// did what was asked. It speaks HTTP, so whatever sends commands can be held to
// what no answer may ever bring about ([Ledger], [Upstream.Deeds]):
//
//   - what the upstream did is never failed, rejected or not_run;
//   - no SIM is sent a second command after one that was done;
//   - ok means that it was done.
//
// The generator ([Answers]) is truthful as far as the contract goes (product.md,
// Pace): where the upstream did it, it gives no answer by which the contract has
// a command count as failed or surely not sent. Everything else it may say.
//
// Only tests use it.
package scripted
