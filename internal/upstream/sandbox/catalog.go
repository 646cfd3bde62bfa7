package sandbox

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/gocarina/gocsv"
)

//go:embed catalog.csv
var catalogCSV []byte

// GroupType is what kind of group it is (upstreams.md, 1, "Groups").
type GroupType string

// The types of group.
const (
	Pending   GroupType = "pending"
	Live      GroupType = "live"
	Suspended GroupType = "suspended"
)

// Group is one line of a catalogue.
type Group struct {
	Code string    `csv:"code"`
	Name string    `csv:"name"`
	Type GroupType `csv:"type"`
}

// Catalog is the groups an account has.
type Catalog []Group

// CatalogCSV is the built-in catalogue as a file for --catalog.
func CatalogCSV() []byte { return slices.Clone(catalogCSV) }

// BuiltInCatalog is the groups that the built-in fleet uses.
func BuiltInCatalog() Catalog {
	c, err := LoadCatalog(bytes.NewReader(catalogCSV))
	if err != nil {
		panic("the embedded catalogue: " + err.Error())
	}
	return c
}

// LoadCatalog reads a catalogue, CSV with the columns code, name and type; an
// error names the line.
func LoadCatalog(r io.Reader) (Catalog, error) {
	lines := csv.NewReader(r)
	lines.Comment = '#'
	rows, err := gocsv.NewUnmarshaller(lines, Group{})
	if err != nil {
		return nil, fmt.Errorf("reading the catalogue's header: %w", err)
	}
	if len(rows.MismatchedStructFields) > 0 {
		return nil, fmt.Errorf("the catalogue has no column %s", strings.Join(rows.MismatchedStructFields, ", "))
	}
	var c Catalog
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return c, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading the catalogue: %w", err)
		}
		g := row.(Group)
		line, _ := lines.FieldPos(0)
		switch g.Type {
		case Pending, Live, Suspended:
		default:
			return nil, fmt.Errorf("line %d: type %q of group %s: want pending, live or suspended", line, g.Type, g.Code)
		}
		if g.Code == "" {
			return nil, fmt.Errorf("line %d: a group has no code", line)
		}
		c = append(c, g)
	}
}

// typeOf is the type of the group with that code; empty for an unknown one.
func (c Catalog) typeOf(code string) GroupType {
	for _, g := range c {
		if g.Code == code {
			return g.Type
		}
	}
	return ""
}
