// Package report is what a person and a scheduler see of a run: the result
// CSV ([Results]) and how it gets into place ([Publish]), QR pictures on disk
// ([Pictures]), progress on stderr ([Progress]), and at the end a [Summary]
// and an exit code ([ExitCode]). The folders in it hold what grew: the report
// files (files), the course of a run's requests (timeline), the sheet of QR
// pictures (qrsheet), the reference of codes (reference), and how numbers and
// foreign text are written (words).
//
// It reads rows and results and decides nothing about them: what a row came to
// is for package jobs, and which flags ask for what is for the command.
package report
