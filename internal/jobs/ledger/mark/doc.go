// Package mark notices a ledger that is not what it was: restored from a backup,
// copied before it was done with, or another one in its place. A ledger cannot
// tell that of itself, so each machine keeps a mark outside it: for each ledger
// and account the last act that it saw on disk there. Where that act is missing, so
// may be others, and what they did would be done a second time.
//
// It also keeps which ledgers were closed from this machine, since a copy of one that
// was made before goes on without a word.
//
// A mark proves that something is missing, never that nothing is: what was done
// after it was last moved, and from other machines, it does not know.
package mark
