package xlsx

import (
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"bulk/internal/jobs"
)

// textFormat is the number format "text": what is typed over such a cell
// remains text (ECMA-376 part 1, 18.8.30).
const textFormat = 49

// The font of the cells without a style of ours, which the library gives.
const (
	family = "Calibri"
	size   = 11
)

// styles are the styles of a workbook's cells.
type styles struct {
	text, header int
	outcomes     map[string]int
}

// Colours of outcomes, text on ground: dark on pale, so that they can be read
// in print and by those who cannot tell them apart.
var (
	green  = [2]string{"1E6B34", "DDF3E2"}
	blue   = [2]string{"1B4F8A", "DCEBFA"}
	amber  = [2]string{"7A4B00", "FFECC2"}
	red    = [2]string{"9B1C1C", "FBDDDD"}
	purple = [2]string{"5B2A86", "EBDDF7"}
	grey   = [2]string{"555555", "ECECEC"}
)

// outcomeColours says how each outcome looks.
var outcomeColours = map[jobs.Outcome][2]string{
	jobs.OK: green, jobs.Valid: green, jobs.Planned: blue, jobs.Drift: amber,
	jobs.Rejected: red, jobs.Invalid: red, jobs.Failed: red,
	jobs.Unknown: purple, jobs.Skipped: grey, jobs.NotRun: grey,
}

func newStyles(book *excelize.File) (styles, error) {
	s := styles{outcomes: map[string]int{}}
	var err error
	if s.text, err = book.NewStyle(&excelize.Style{NumFmt: textFormat}); err != nil {
		return s, err
	}
	s.header, err = book.NewStyle(&excelize.Style{
		NumFmt: textFormat,
		Font:   &excelize.Font{Bold: true, Family: family, Size: size},
		Fill:   ground("E3E6EA"),
		Border: []excelize.Border{{Type: "bottom", Color: "7F868E", Style: 1}},
	})
	if err != nil {
		return s, err
	}
	for _, outcome := range jobs.Outcomes {
		c := outcomeColours[outcome]
		s.outcomes[string(outcome)], err = book.NewStyle(&excelize.Style{NumFmt: textFormat, Font: &excelize.Font{Color: c[0], Family: family, Size: size}, Fill: ground(c[1])})
		if err != nil {
			return s, err
		}
	}
	return s, nil
}

func ground(colour string) excelize.Fill {
	return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}}
}

// of gives the style of an outcome.
func (s *styles) of(outcome string) int {
	if style, ok := s.outcomes[outcome]; ok {
		return style
	}
	return s.text
}

// Widths of columns, in characters.
const (
	narrowest = 9
	widest    = 60
	filter    = 4 // room for a filter's button beside a name
)

// width finds out how wide a column should be, by a sample of the records with
// the header first.
func width(sample [][]string, column int) float64 {
	w := narrowest
	for i, record := range sample {
		if column >= len(record) {
			continue
		}
		n := utf8.RuneCountInString(record[column]) + 1
		if i == 0 {
			n += filter
		}
		w = max(w, n)
	}
	return float64(min(w, widest))
}
