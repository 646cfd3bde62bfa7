// Package workbook reads spreadsheets in the Office Open XML format (.xlsx and
// .xlsm, ECMA-376 part 1, chapter 18) as rows of text, exactly as they are
// stored: a text stays what it is, and a number is never made to look as if it
// had more digits than it has.
//
// It reads the markup itself, in little memory, for what spreadsheet libraries do
// not say (docs/decisions/workbook-reader.md): whether a cell holds a text or a
// number, which decides whether an ICCID has all its digits; whether a formula
// has a result, and what a merged cell covers; and that a sheet is cut short or
// broken, which must not pass for a shorter one. So every sheet is read twice:
// once to its end and its checksum, then for its rows.
//
// It knows nothing of SIMs, columns or actions; what a sheet must contain is for
// its users.
package workbook
