package workbook

import (
	"fmt"
	"strconv"
	"strings"
)

// cell is a cell as it is written (18.3.1.4).
type cell struct {
	column  int
	style   int
	kind    string // of the value; empty: a number
	value   string
	valued  bool
	formula bool
}

// kinds spares an allocation for each cell.
var kinds = []string{"s", "inlineStr", "str", "n", "b", "e", "d"}

func (c *cell) attributes(m *markup) error {
	for name, value := m.attribute(); name != nil; name, value = m.attribute() {
		switch string(name) {
		case "r":
			if column := columnOf(value); column >= 0 {
				c.column = column
			}
		case "s":
			c.style, _ = strconv.Atoi(string(value))
		case "t":
			for _, kind := range kinds {
				if string(value) == kind {
					c.kind = kind
				}
			}
			if c.kind == "" {
				return fmt.Errorf("a cell is of the unknown kind %.20q", value)
			}
		}
	}
	if c.column >= MaxColumns {
		return fmt.Errorf("it has a column %d, and no sheet has more than %d", c.column+1, MaxColumns)
	}
	return nil
}

// read reads the value of a cell, up to its end.
func (c *cell) read(m *markup) error {
	for {
		if err := m.next(); err != nil {
			return unlessCut(err)
		}
		switch {
		case m.is("v") && m.opens && m.ends:
			c.value, c.valued = "", true
		case m.is("v") && m.ends:
			text, err := m.content()
			if err != nil {
				return err
			}
			c.value, c.valued = text, true
		case m.is("f") && m.opens:
			c.formula = true
		case m.is("is") && m.opens && !m.ends:
			text, err := m.richText("is")
			if err != nil {
				return err
			}
			c.value, c.valued = text, true
		case m.is("c") && m.ends:
			return nil
		}
	}
}

// solved reports whether the result of a cell's formula is in the file. Programs
// that do not calculate leave an empty one, which of an empty text is told by the
// kind.
func (c *cell) solved() bool {
	return c.valued && (c.value != "" || c.kind == "str")
}

// text gives the value of a cell as text.
func (b *Book) text(c *cell) (string, error) {
	if !c.valued || c.formula && !c.solved() {
		return "", nil
	}
	switch c.kind {
	case "s":
		at, err := strconv.Atoi(strings.TrimSpace(c.value))
		if err != nil || at < 0 || at >= len(b.strings) {
			return "", fmt.Errorf("it refers to a text that the workbook does not have (%.20q)", c.value)
		}
		return b.strings[at], nil
	case "inlineStr", "e", "d":
		return c.value, nil
	case "str":
		return unescape(c.value), nil
	case "b":
		if c.value == "1" || strings.EqualFold(c.value, "true") {
			return "TRUE", nil
		}
		return "FALSE", nil
	}
	return b.numberText(c.value, c.style)
}
