package jobs

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"bulk/internal/jobs/sheet"
)

// ICCID is a cleaned SIM serial number: 19 or 20 ASCII digits, always text.
type ICCID string

// The lengths of an ICCID in digits, and how many of them survive in a
// spreadsheet that takes one for a number.
const (
	shortICCID        = 19
	longICCID         = 20
	significantDigits = 15
)

// ParseICCID reads an iccid cell. Surrounding spaces, inner spaces or dashes,
// a leading apostrophe, an Excel ="…" and a trailing F filler are cleaned
// away; nothing goes through a number. The fault, if any, is Invalid with
// ICCIDScientific or ICCIDFormat.
func ParseICCID(text string) (ICCID, *Fault) {
	if isICCID(text) {
		return ICCID(text), nil
	}
	bare := sheet.Unwrap(text)
	if isScientific(bare) {
		return "", &Fault{Invalid, ICCIDScientific, fmt.Sprintf("%s is what a spreadsheet made of the iccid: a number, its digits are lost. "+
			"Export the ICCIDs again, with the column formatted as text.", bare)}
	}
	digits := strings.TrimRight(squeeze(bare), "Ff")
	if isICCID(digits) {
		return ICCID(digits), nil
	}
	return "", &Fault{Invalid, ICCIDFormat, complain(digits)}
}

func isICCID(text string) bool {
	return (len(text) == shortICCID || len(text) == longICCID) && allDigits(text)
}

func allDigits(text string) bool {
	for i := range len(text) {
		if text[i]-'0' > 9 {
			return false
		}
	}
	return true
}

// squeeze takes away spaces and the dashes between digits. A dash at either
// end stays: it is a minus sign or the trace of something missing.
func squeeze(text string) string {
	inner := strings.TrimFunc(text, isDash)
	if inner != text {
		return text
	}
	return strings.Map(func(r rune) rune {
		if isDash(r) || sheet.Invisible(r) {
			return -1
		}
		return r
	}, text)
}

// ICCIDOf reads an ICCID that was written on a command line.
func ICCIDOf(text string) (ICCID, error) {
	iccid, fault := ParseICCID(text)
	if fault != nil {
		return "", errors.New(strings.TrimSuffix(fault.Text, correct))
	}
	return iccid, nil
}

// isDash knows the dashes that word processors make of a hyphen, too.
func isDash(r rune) bool {
	return r == '-' || r >= '\u2010' && r <= '\u2015' || r == '\u2212'
}

// isScientific knows a number in scientific notation, 8.94412E+18, with a
// decimal point or comma.
func isScientific(text string) bool {
	mantissa, exponent, found := strings.Cut(strings.ToUpper(text), "E")
	if !found {
		return false
	}
	whole, fraction, _ := strings.Cut(strings.Replace(mantissa, ",", ".", 1), ".")
	whole = strings.TrimLeft(whole, "+-")
	exponent = strings.TrimLeft(exponent, "+-")
	return whole != "" && exponent != "" && allDigits(whole) && allDigits(fraction) && allDigits(exponent)
}

// correct is what there is to do about an ICCID in a file.
const correct = " Correct it in the file."

// complain says why a cleaned text is no ICCID.
func complain(digits string) string {
	if digits == "" {
		return "The iccid is empty. Fill it in."
	}
	for _, r := range digits {
		if r < '0' || r > '9' {
			return fmt.Sprintf("The iccid has %s in it; an ICCID is 19 or 20 digits.", nameRune(r)) + correct
		}
	}
	plural := "s"
	if len(digits) == 1 {
		plural = ""
	}
	return fmt.Sprintf("The iccid has %d digit%s; an ICCID has 19 or 20.", len(digits), plural) + correct
}

// nameRune shows a rune so that it can be found in the file.
func nameRune(r rune) string {
	if r > unicode.MaxASCII || !unicode.IsPrint(r) {
		return fmt.Sprintf("%q (%U)", r, r)
	}
	return fmt.Sprintf("%q", string(r))
}

// SIM is the identity of a SIM: what the ledger, and the rows of one file, know
// it by. Two spellings of one SIM's number have the same.
type SIM string

// SIM gives the identity behind an ICCID. Data sets hold an ICCID with and
// without its check digit (ITU-T E.118), so a number of 20 digits whose last is
// the check digit of the others is the SIM of those 19. What is sent to an
// upstream is always the ICCID itself.
func (i ICCID) SIM() SIM {
	if len(i) == longICCID && i.LuhnOK() {
		return SIM(i[:shortICCID])
	}
	return SIM(i)
}

// LuhnOK reports whether the last digit is the check digit of the others (Luhn,
// ITU-T E.118).
func (i ICCID) LuhnOK() bool {
	sum := 0
	for at := len(i) - 1; at >= 0; at -= 2 {
		sum += int(i[at] - '0')
	}
	for at := len(i) - 2; at >= 0; at -= 2 {
		sum += int(doubled[(i[at]-'0')&15])
	}
	return sum%10 == 0
}

// doubled holds the digit sum of each digit's double; its length spares the
// check of the index.
var doubled = [16]uint8{0, 2, 4, 6, 8, 1, 3, 5, 7, 9}

// LooksRounded reports whether only zeros follow the fifteenth digit, as in an
// ICCID that went through a spreadsheet's number.
func (i ICCID) LooksRounded() bool {
	if len(i) <= significantDigits {
		return false
	}
	for at := len(i) - 1; at >= significantDigits; at-- {
		if i[at] != '0' {
			return false
		}
	}
	return true
}

// Spellings lists the ICCIDs that are this SIM.
func (s SIM) Spellings() []ICCID {
	if len(s) != shortICCID {
		return []ICCID{ICCID(s)}
	}
	for check := byte('0'); check <= '9'; check++ {
		if long := ICCID(s) + ICCID(check); long.LuhnOK() {
			return []ICCID{ICCID(s), long}
		}
	}
	return []ICCID{ICCID(s)}
}
