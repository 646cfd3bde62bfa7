package settings

import (
	"path/filepath"
	"slices"
	"strings"

	"bulk/cmd/bulk/console"
)

// IsWorkbook tells by its name whether a file is to be written as a workbook.
// What is read is known by its content.
func IsWorkbook(name string) bool { return strings.EqualFold(filepath.Ext(name), ".xlsx") }

// isForeign tells by its name whether a file is to be what bulk does not write: another
// program would refuse it, or take it for damaged.
func isForeign(name string) bool {
	return slices.Contains([]string{".xls", ".xlsm", ".xlsb", ".ods", ".numbers"}, strings.ToLower(filepath.Ext(name)))
}

// OnlyCSV refuses a name by which other programs would take a CSV for a workbook.
func OnlyCSV(command, name string) error {
	if IsWorkbook(name) || isForeign(name) {
		return console.Misused("%s writes CSV, and %s would be taken for a workbook: name it .csv", command, name)
	}
	return nil
}

// LikeFile gives a suffix of result files the format of the file that bulk wrote
// before, a plan or results: who made that a workbook wants another.
func LikeFile(suffix, name string) string {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".xlsx", ".xlsm":
		return strings.TrimSuffix(suffix, ".csv") + ".xlsx"
	}
	return suffix
}
