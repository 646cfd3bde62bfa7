package input

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"bulk/internal/jobs"
	"bulk/internal/jobs/sheet"
)

// What stands for a cell of a workbook that says nothing, so that neither this
// run nor one of its result file takes it for an empty one.
const (
	unsolvedCell = "#FORMULA!" // a formula whose result is not in the file
	mergedCell   = "#MERGED!"  // covered by a merged cell
)

// unreadable says why a cell says nothing: what a spreadsheet program put there
// in place of a value. Empty: it can be read.
func unreadable(text string) string {
	text = sheet.Unwrap(text)
	if text == "" || text[0] != '=' && text[0] != '#' && text[0] != 'E' {
		return ""
	}
	switch {
	case text == unsolvedCell:
		return "holds a formula whose result is not in the file"
	case text == mergedCell:
		return "is covered by a merged cell, so nothing stands in it"
	case text[0] == '=':
		return fmt.Sprintf("holds a formula, %.40s, and not its result", text)
	case isErrorValue(text):
		return fmt.Sprintf("holds an error value, %.40s", text)
	}
	return ""
}

// errorWords are error values without a sign at their end: "not available" in
// the languages that have no slash in it, and what Excel shows while it waits.
var errorWords = []string{"#NV", "#YOK", "#HIÁNYZIK", "#GETTING_DATA"}

// isErrorValue knows the error values of spreadsheet programs in any language:
// #REF!, #NAME?, #DIV/0!, #N/A, #BEZUG!, LibreOffice's Err:502.
func isErrorValue(text string) bool {
	if code, ok := strings.CutPrefix(text, "Err:"); ok {
		return code != "" && strings.Trim(code, "0123456789") == ""
	}
	word, ok := strings.CutPrefix(text, "#")
	if !ok || word == "" {
		return false
	}
	if slices.Contains(errorWords, text) {
		return true
	}
	signed := strings.HasSuffix(word, "!") || strings.HasSuffix(word, "?")
	if !signed && !strings.Contains(word, "/") {
		return false
	}
	letters := 0
	for _, r := range word {
		switch {
		case unicode.IsUpper(r) || unicode.IsLetter(r) && !unicode.IsLower(r):
			letters++
		case !strings.ContainsRune("/0_-! ?¡¿", r):
			return false
		}
	}
	return letters > 0
}

// cellUnreadable is the fault of a row with a cell that says nothing.
func cellUnreadable(c column, why string) *jobs.Fault {
	return invalid(jobs.CellUnreadable, "%s", jobs.Reason{Code: jobs.CellUnreadable, Detail: fmt.Sprintf("The %s %s.", c, why)})
}
