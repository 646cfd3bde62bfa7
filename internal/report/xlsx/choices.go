package xlsx

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"
)

const (
	inlineMost  = 255 // characters of a list that stands in the rule itself (Excel's limit)
	choiceSheet = "Choices"
)

// Choice is what the cells of a column offer.
type Choice struct {
	Column string // its name in the header
	Values []string
}

// offer has the cells of a form offer their lists. Something else may still be
// typed, after a warning: a catalogue may be newer than the form.
func offer(book *excelize.File, sheet string, header []string, choices []Choice) error {
	for n, c := range choices {
		at := slices.Index(header, c.Column)
		if at < 0 || len(c.Values) == 0 {
			continue
		}
		letter, err := excelize.ColumnNumberToName(at + 1)
		if err != nil {
			return err
		}
		rule := excelize.NewDataValidation(true)
		rule.Sqref = fmt.Sprintf("%s2:%s%d", letter, letter, excelize.TotalRows)
		if list := strings.Join(c.Values, ","); len(utf16.Encode([]rune(list))) <= inlineMost && !slices.ContainsFunc(c.Values, hasComma) {
			err = rule.SetDropList(c.Values)
		} else {
			err = listed(book, rule, n+1, c.Values)
		}
		if err != nil {
			return err
		}
		rule.SetError(excelize.DataValidationErrorStyleWarning, c.Column, "This is not on the list. Is it meant?")
		if err := book.AddDataValidation(sheet, rule); err != nil {
			return err
		}
	}
	return nil
}

func hasComma(text string) bool { return strings.Contains(text, ",") }

// listed keeps a long list on a hidden sheet.
func listed(book *excelize.File, rule *excelize.DataValidation, column int, values []string) error {
	if at, err := book.GetSheetIndex(choiceSheet); err != nil || at < 0 {
		if _, err := book.NewSheet(choiceSheet); err != nil {
			return err
		}
		if err := book.SetSheetVisible(choiceSheet, false); err != nil {
			return err
		}
	}
	letter, err := excelize.ColumnNumberToName(column)
	if err != nil {
		return err
	}
	for i, value := range values {
		if err := book.SetCellStr(choiceSheet, fmt.Sprintf("%s%d", letter, i+1), value); err != nil {
			return err
		}
	}
	rule.SetSqrefDropList(fmt.Sprintf("%s!$%s$1:$%s$%d", choiceSheet, letter, letter, len(values)))
	return nil
}
