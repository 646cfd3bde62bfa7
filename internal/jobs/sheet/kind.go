package sheet

import (
	"bytes"
	"strings"
)

// Kind is what a file is that is neither CSV nor a workbook of today.
type Kind struct {
	What string // "a web page (HTML)"
	Hint string // what to do
}

const (
	saveAsXLSX = "open it in a spreadsheet program, save it as .xlsx or as CSV UTF-8, and give that file"
	unpackIt   = "unpack it, and give the file that is in it"
	giveCSV    = "give a CSV file or an .xlsx workbook"
)

// beginnings are the first bytes of files that have such.
var beginnings = []struct {
	bytes string
	Kind
}{
	{"%PDF-", Kind{"a PDF", giveCSV}},
	{"{\\rtf", Kind{"a text document (RTF)", giveCSV}},
	{"\x1F\x8B", Kind{"compressed (gzip)", unpackIt}},
	{"BZh", Kind{"compressed (bzip2)", unpackIt}},
	{"\xFD7zXZ\x00", Kind{"compressed (xz)", unpackIt}},
	{"\x28\xB5\x2F\xFD", Kind{"compressed (zstd)", unpackIt}},
	{"7z\xBC\xAF\x27\x1C", Kind{"an archive (7z)", unpackIt}},
	{"Rar!\x1A\x07", Kind{"an archive (rar)", unpackIt}},
	{"SQLite format 3\x00", Kind{"a SQLite database", giveCSV}},
	// Workbooks of Excel 2 to 4 ([MS-XLS], BIFF: the record BOF).
	{"\x09\x00\x04\x00", Kind{"a workbook of an old format (.xls)", saveAsXLSX}},
	{"\x09\x02\x06\x00", Kind{"a workbook of an old format (.xls)", saveAsXLSX}},
	{"\x09\x04\x06\x00", Kind{"a workbook of an old format (.xls)", saveAsXLSX}},
}

// KindOfBytes knows a file by its first bytes; a good many are asked for. It
// reports false where they are nothing that it knows.
func KindOfBytes(start []byte) (Kind, bool) {
	for _, b := range beginnings {
		if bytes.HasPrefix(start, []byte(b.bytes)) {
			return b.Kind, true
		}
	}
	return Kind{}, false
}

// KindOfText knows a file by the beginning of its decoded text: web pages and
// XML that portals name .xls, and JSON. It reports false where the text may be
// CSV.
func KindOfText(top []byte) (Kind, bool) {
	start := strings.ToLower(strings.TrimFunc(string(top[:min(len(top), 4096)]), Invisible))
	switch {
	case strings.HasPrefix(start, "mime-version:"):
		return Kind{"a web page (MHTML)", saveAsXLSX}, true
	case strings.HasPrefix(start, "<"):
		return kindOfMarkup(start), true
	case isJSON(start):
		return Kind{"JSON", "turn it into CSV, one row for each SIM with a header, and give that file"}, true
	}
	return Kind{}, false
}

func kindOfMarkup(start string) Kind {
	switch {
	case strings.Contains(start, "urn:schemas-microsoft-com:office:spreadsheet"):
		return Kind{"an XML spreadsheet of 2003 (SpreadsheetML)", saveAsXLSX}
	case strings.Contains(start, "urn:oasis:names:tc:opendocument"):
		return Kind{"a workbook of the OpenDocument format (.fods)", saveAsXLSX}
	}
	for _, tag := range []string{"<html", "<!doctype html", "<table", "<head", "<body", "<meta", "<style"} {
		if strings.Contains(start, tag) {
			return Kind{"a web page (HTML), whatever its name says", saveAsXLSX}
		}
	}
	return Kind{"XML", giveCSV}
}

// isJSON reports whether a text begins as an object or an array of JSON does.
func isJSON(start string) bool {
	if start == "" || start[0] != '{' && start[0] != '[' {
		return false
	}
	inner := strings.TrimLeft(start[1:], " \t\r\n")
	switch {
	case inner == "":
		return true
	case start[0] == '{':
		return inner[0] == '"' || inner[0] == '}'
	}
	return strings.ContainsRune(`{["]`, rune(inner[0]))
}
