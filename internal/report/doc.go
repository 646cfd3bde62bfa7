// Package report is what a person and a scheduler get of a run: the result file
// ([Results]) and how it gets into place ([Publish]), QR pictures on disk
// ([Pictures]), and at the end a [Summary] and an exit code ([ExitCode]).
//
// The folders in it hold what grew: the report files (files), progress on a
// terminal or in a log (progress), notifications (notify), workbooks (xlsx), the
// printable sheet of QR pictures (qrsheet), the course of a run's requests
// (timeline), the reference of codes (reference), what keeps a SIM's secrets out
// of all of them (redact), and how numbers and foreign text are written (human).
//
// It reads rows and results and decides nothing about them: what a row came to
// is for package jobs, and which flags ask for what is for the command.
package report
