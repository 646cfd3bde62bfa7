// Package input reads the file of rows that a run is asked to do: it makes the
// private copy, finds out how the file is written, and checks every row before
// the first request.
//
// A workbook (.xlsx) is turned into the CSV that its sheet would be, once, in a
// file that only this process can see; from there on it is read like any other.
//
// What the file does not say is never guessed: a cell that holds an error, a
// formula without a result or nothing because it is merged makes its row a bad
// one, and of several sheets a person says which.
//
// [Take] copies the bytes, [Open] reads the header, [File.Scan] looks through
// the whole file once and gives the numbers a person is asked about, and
// [File.Rows] yields the rows, each with what is wrong with it. What a row's
// groups, its SIM or the ledger say about it is not decided here.
package input
