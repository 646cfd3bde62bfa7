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

// ValidDelimiter tells whether fields can be separated by d: any visible ASCII
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
	candidates, separator := Delimiters, separatorLine(text)
	switch {
	case given != 0:
		candidates = []rune{given}
	case ValidDelimiter(separator):
		candidates = []rune{separator}
	}
	var best Head
	var accepted bool
	var failure error
	for _, d := range candidates {
		head, err := readHead(text, d, formulas, separator != 0)
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

// separatorLine gives the delimiter that an Excel "sep=;" first line names; 0:
// there is no such line.
func separatorLine(text []byte) rune {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	line = bytes.TrimSuffix(line, []byte("\r"))
	if len(line) == len("sep=;") && strings.EqualFold(string(line[:4]), "sep=") {
		return rune(line[4])
	}
	return 0
}

// readHead reads the header under one delimiter. Empty records before it are
// passed over.
func readHead(text []byte, d rune, formulas, separator bool) (Head, error) {
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
		if separator && head.Records == 1 || Empty(record) {
			continue
		}
		head.Names = record
		head.Line, _ = r.FieldPos(0)
		return head, nil
	}
}

// Empty tells whether nothing is in any field of a record.
func Empty(record []string) bool {
	for _, field := range record {
		if field != "" && (plain(field[0]) || strings.TrimFunc(field, Invisible) != "") {
			return false
		}
	}
	return true
}
