// Package console is the process as a command sees it: its streams, arguments,
// clock and signals, the terminal with the person at it, what is said to them
// and how, and the errors that end a command with an exit code of their own.
//
// It knows no flag, no file of a user and nothing of SIMs.
package console
