// Package workbook reads spreadsheets in the Office Open XML format (.xlsx and
// .xlsm, ECMA-376 part 1, chapter 18) as rows of text, exactly as they are
// stored: a text stays what it is, and a number is never made to look as if it
// had more digits than it has.
//
// It reads the markup itself, in one pass and in little memory, for two things
// that spreadsheet libraries do not tell: whether a cell holds a text or a number,
// which decides whether an ICCID has all its digits, and that a sheet is cut
// short or broken, which must not pass for a shorter one.
//
// It knows nothing of SIMs, columns or actions; what a sheet must contain is for
// its users.
package workbook
