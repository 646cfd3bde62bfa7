// Package sheet reads CSV files as spreadsheets, portals and scripts write
// them: it finds out encoding and delimiter, gives UTF-8 to encoding/csv, unwraps
// what a spreadsheet put around a value, and says where a file is damaged or that
// it is of another kind.
//
// It knows nothing of SIMs, columns or rows; what a file must contain is for
// its users, the group catalogue and the input.
package sheet
