package sheet

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"io"
	"strings"
)

// Delimiters are those found out by themselves, the commonest first.
var Delimiters = []rune{',', ';', '\t', '|'}

// ValidDelimiter reports whether fields can be separated by d: any visible ASCII
// sign or tab, but no letter, digit, quote or =.
func ValidDelimiter(d rune) bool {
	switch {
	case d == '\t':
		return true
	case d <= ' ' || d >= 0x7F || d == '"' || d == '=' || d == '\'':
		return false
	case d >= '0' && d <= '9' || d >= 'a' && d <= 'z' || d >= 'A' && d <= 'Z':
		return false
	}
	return true
}

// NewReader reads records from decoded text. Fields may differ in number from
// record to record, and quotes are strict, except that bare ="…" cells are
// read where formulas is true.
func NewReader(text io.Reader, delimiter rune, formulas bool) *csv.Reader {
	if formulas {
		text = newRequoter(text, byte(delimiter))
	}
	r := csv.NewReader(bufio.NewReaderSize(text, bigBuffer))
	r.Comma = delimiter
	r.FieldsPerRecord = -1
	return r
}

// Head is the top of a file: how its fields are separated and what they are
// called.
type Head struct {
	Delimiter rune
	Names     []string // the header's fields, as they stand
	Line      int      // the header's line, from 1
	Records   int      // records to pass over, the header included, to reach the data
}

// FindHead reads the header from the beginning of decoded text. Of the
// delimiters under which known accepts the header, the one with most fields
// wins; given, where not 0, or an Excel "sep=;" line decides. Where known
// accepts none, the Head is that of the likeliest delimiter and false comes
// with it; the error is that of a header which cannot be read at all. A Head
// without Names: there is no record.
func FindHead(text []byte, given rune, formulas bool, known func(names []string) bool) (Head, bool, error) {
	separator, before := preamble(text)
	var best Head
	var accepted bool
	var failure error
	for _, d := range candidates(given, separator) {
		head, err := readHead(text, d, formulas, before)
		if err != nil {
			failure = err
			continue
		}
		ok := known(head.Names)
		if ok == accepted && len(head.Names) > len(best.Names) || ok && !accepted {
			best, accepted = head, ok
		}
	}
	if best.Names != nil {
		failure = nil
	}
	return best, accepted, failure
}

func candidates(given, separator rune) []rune {
	switch {
	case given != 0:
		return []rune{given}
	case ValidDelimiter(separator):
		return []rune{separator}
	}
	return Delimiters
}

// mostTitles is how many lines may stand above what [FindLater] finds.
const mostTitles = 100

// FindLater looks for a header further down: the first line that, read on its
// own, known accepts. It gives the line's number, from 1; 0: there is none.
func FindLater(text []byte, given rune, known func(names []string) bool) int {
	separator, _ := preamble(text)
	for number := 1; number <= mostTitles && len(text) > 0; number++ {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte("\n"))
		for _, d := range candidates(given, separator) {
			names, err := NewReader(bytes.NewReader(line), d, false).Read()
			if err == nil && known(names) {
				return number
			}
		}
	}
	return 0
}

// preamble reports whether the first line is one that programs put before the
// header: Excel's "sep=;", whose delimiter it gives, or the "#TYPE" of
// PowerShell's Export-Csv.
func preamble(text []byte) (delimiter rune, found bool) {
	first, _, _ := bytes.Cut(text, []byte("\n"))
	line := strings.TrimSuffix(string(first), "\r")
	if strings.HasPrefix(line, "#TYPE ") {
		return 0, true
	}
	if inner, ok := strings.CutPrefix(line, `"`); ok {
		line = strings.TrimSuffix(inner, `"`)
	}
	if len(line) == len("sep=;") && strings.EqualFold(line[:4], "sep=") {
		return rune(line[4]), true
	}
	return 0, false
}

// readHead reads the header under one delimiter. Empty records before it are
// passed over, and so is the first one where it is not the header.
func readHead(text []byte, d rune, formulas, before bool) (Head, error) {
	head := Head{Delimiter: d}
	r := NewReader(bytes.NewReader(text), d, formulas)
	for {
		record, err := r.Read()
		if err == io.EOF {
			return head, nil
		}
		if err != nil {
			return head, err
		}
		head.Records++
		if before && head.Records == 1 || Empty(record) {
			continue
		}
		head.Names = record
		head.Line, _ = r.FieldPos(0)
		return head, nil
	}
}

// Empty reports whether nothing is in any field of a record.
func Empty(record []string) bool {
	for _, field := range record {
		if field != "" && (plain(field[0]) || strings.TrimFunc(field, Invisible) != "") {
			return false
		}
	}
	return true
}
