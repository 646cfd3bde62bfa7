package input

import (
	"encoding/csv"
	"errors"

	"bulk/internal/jobs/sheet"
)

// isNot refuses what is neither CSV nor a workbook.
func isNot(kind sheet.Kind) *Refusal {
	return refuse(kind.Hint, "the file is %s, neither CSV nor an .xlsx workbook", kind.What)
}

// broken words an error of encoding/csv by the line where the record begins:
// the line where it was noticed may be thousands further down.
func broken(err error) error {
	line, found := brokenLine(err)
	if !found {
		return err
	}
	return refuse("a quote that belongs to the text is written twice, in a field that is quoted as a whole; put no space between delimiter and quote",
		"line %d: a quote is broken, so nothing from there on can be trusted", line)
}

func brokenLine(err error) (int, bool) {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return parse.StartLine, true
	}
	return 0, false
}
