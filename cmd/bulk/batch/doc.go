// Package batch is one run, dry run or application of a plan, from its input to
// its result file, its reports and its exit code: what is read and checked, what
// stands in the way, who said yes, and what whoever is to hear of the end is told.
//
// The rows themselves are done by package runner.
package batch
