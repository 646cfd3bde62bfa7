package workbook

import (
	"io"
	"strings"
)

type formatKind uint8

const (
	plainFormat   formatKind = iota
	dateFormat               // the number is a date, or a time of day
	elapsedFormat            // the number is a length of time
	zerosFormat              // the number has leading zeros
)

// Formats that have a number and no code (18.8.30). Those which follow the
// reader's country are given in the way that all understand, ISO 8601.
var builtInDates = map[int]string{
	14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM",
	20: "h:mm", 21: "h:mm:ss", 22: "yyyy-mm-dd hh:mm", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0",
}

// isCountryDate knows the numbers of East Asian dates, which have no one code.
func isCountryDate(id int) bool {
	return id >= 27 && id <= 31 || id == 36 || id >= 50 && id <= 58
}

// styleSheet is what matters of xl/styles.xml.
type styleSheet struct {
	Codes []struct {
		ID   int    `xml:"numFmtId,attr"`
		Code string `xml:"formatCode,attr"`
	} `xml:"numFmts>numFmt"`
	Styles []struct {
		Format int `xml:"numFmtId,attr"`
	} `xml:"cellXfs>xf"`
}

// readFormats reads the format of each cell style.
func readFormats(r io.Reader) ([]format, error) {
	var sheet styleSheet
	if err := decodeXML(r, &sheet); err != nil {
		return nil, err
	}
	codes := map[int]string{}
	for _, c := range sheet.Codes {
		codes[c.ID] = c.Code
	}
	formats := make([]format, len(sheet.Styles))
	for i, style := range sheet.Styles {
		formats[i] = formatOf(style.Format, codes)
	}
	return formats, nil
}

func formatOf(id int, codes map[int]string) format {
	if code, found := codes[id]; found {
		return format{kind: kindOf(code), code: code}
	}
	if code, found := builtInDates[id]; found {
		return format{kind: kindOf(code), code: code}
	}
	if isCountryDate(id) {
		return format{kind: dateFormat, code: "yyyy-mm-dd"}
	}
	return format{}
}

// kindOf says what a format code makes of a number.
func kindOf(code string) formatKind {
	bare, elapsed := bareCode(code)
	switch {
	case elapsed:
		return elapsedFormat
	case strings.ContainsAny(bare, "dmyhsDMYHS"):
		return dateFormat
	case len(bare) > 1 && strings.Trim(bare, "0") == "":
		return zerosFormat
	}
	return plainFormat
}

// bareCode gives the first section of a format code without what is only
// written out: quoted texts, escaped signs, colours and conditions; and
// whether it has an [h] or its like, which shows a length of time.
func bareCode(code string) (text string, elapsed bool) {
	var bare strings.Builder
	for i := 0; i < len(code) && code[i] != ';'; i++ {
		switch code[i] {
		case '"':
			i = skipTo(code, i, '"')
		case '[':
			end := skipTo(code, i, ']')
			if inner := strings.ToLower(code[i+1 : min(end, len(code))]); inner != "" && strings.Trim(inner, "hms") == "" {
				elapsed = true
			}
			i = end
		case '\\', '_', '*':
			i++
		default:
			bare.WriteByte(code[i])
		}
	}
	if strings.EqualFold(bare.String(), "general") {
		return "", elapsed
	}
	return bare.String(), elapsed
}

// skipTo gives the place of the next sign after from, or the end.
func skipTo(code string, from int, sign byte) int {
	if n := strings.IndexByte(code[from+1:], sign); n >= 0 {
		return from + 1 + n
	}
	return len(code)
}
