package jobs

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/gocarina/gocsv"

	"bulk/internal/jobs/sheet"
)

// GroupType is what kind of group the vendor's document says a group is.
type GroupType string

// The types (upstreams.md, 1, groups).
const (
	PendingGroup   GroupType = "pending"   // new SIMs, not charged
	LiveGroup      GroupType = "live"      // charged
	SuspendedGroup GroupType = "suspended" // out of service
)

// CatalogEntry is one group of a catalogue.
type CatalogEntry struct {
	Code string    `csv:"code"`
	Name string    `csv:"name"`
	Type GroupType `csv:"type"`
}

// Catalog is the list of groups that the user keeps; no API gives one.
type Catalog struct {
	Digest string   // SHA-256 of the file's bytes, 64 digits in lower case
	Notes  []string // what a person should know about how the file was read

	byCode map[string]CatalogEntry
	byName map[string][]CatalogEntry // by folded name, in the file's order
	codes  []string                  // in the file's order
}

// maxCatalog is far above any catalogue, in bytes; it keeps a file named by
// mistake from filling the memory.
const maxCatalog = 64 << 20

// ReadCatalog reads a catalogue: CSV with the columns code, name and type, in
// any order and among others, in any encoding and with any delimiter that an
// input may have. Errors begin with the file's name and give the true line.
func ReadCatalog(r io.Reader, name string) (*Catalog, error) {
	hash := sha256.New()
	rows, note, err := readCatalogRows(io.TeeReader(r, hash))
	if err != nil {
		return nil, fmt.Errorf("reading the catalogue %s: %w", name, err)
	}
	var entries []CatalogEntry
	if err := gocsv.UnmarshalCSV(rows, &entries); err != nil {
		return nil, fmt.Errorf("reading the catalogue %s: %w", name, err)
	}
	c := &Catalog{Digest: hex.EncodeToString(hash.Sum(nil)), byCode: map[string]CatalogEntry{}, byName: map[string][]CatalogEntry{}}
	if note != "" {
		c.Notes = append(c.Notes, "the catalogue "+name+": "+note)
	}
	lines := map[string]int{}
	for i, e := range entries {
		line := rows.lines[i]
		if err := c.add(e, lines, line); err != nil {
			return nil, fmt.Errorf("reading the catalogue %s: line %d: %w", name, line, err)
		}
	}
	return c, nil
}

// add takes an entry in. The same entry twice is one.
func (c *Catalog) add(e CatalogEntry, lines map[string]int, line int) error {
	e.Code, e.Name = sheet.Unwrap(e.Code), sheet.Unwrap(e.Name)
	e.Type = GroupType(strings.ToLower(sheet.Unwrap(string(e.Type))))
	switch e.Type {
	case PendingGroup, LiveGroup, SuspendedGroup:
	default:
		return fmt.Errorf("the type of group %q is %q; it must be pending, live or suspended", e.Code, e.Type)
	}
	if e.Code == "" {
		return errors.New("the group has no code")
	}
	if earlier, found := c.byCode[e.Code]; found {
		if earlier != e {
			return fmt.Errorf("group %q is on line %d already, with another name or type", e.Code, lines[e.Code])
		}
		return nil
	}
	c.byCode[e.Code] = e
	c.codes = append(c.codes, e.Code)
	lines[e.Code] = line
	if e.Name != "" {
		folded := foldName(e.Name)
		c.byName[folded] = append(c.byName[folded], e)
	}
	return nil
}

// foldName makes names comparable: portals and people differ in case and in
// the number of spaces.
func foldName(name string) string { return strings.ToLower(strings.Join(strings.Fields(name), " ")) }

// catalogRows are a catalogue's records, as gocsv wants them: a header of
// normal names, then rows of the same length.
type catalogRows struct {
	records [][]string
	lines   []int // of the rows, without the header's
}

// Read gives the next record.
func (c *catalogRows) Read() ([]string, error) {
	if len(c.records) == 0 {
		return nil, io.EOF
	}
	record := c.records[0]
	c.records = c.records[1:]
	return record, nil
}

// ReadAll gives the remaining records.
func (c *catalogRows) ReadAll() ([][]string, error) { return c.records, nil }

func readCatalogRows(r io.Reader) (rows *catalogRows, note string, err error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxCatalog+1))
	if err != nil {
		return nil, "", err
	}
	if len(raw) > maxCatalog {
		return nil, "", fmt.Errorf("the file is larger than %d MiB, which no catalogue is", maxCatalog>>20)
	}
	text, formulas, note, err := catalogText(raw)
	if err != nil {
		return nil, "", err
	}
	head, ok, err := sheet.FindHead(text, 0, formulas, hasCatalogColumns)
	switch {
	case err != nil:
		return nil, "", trueLine(err)
	case head.Names == nil:
		return nil, "", errors.New("the file is empty; it needs a header with code, name and type")
	case !ok:
		return nil, "", fmt.Errorf("line %d: the header needs code, name and type once each; it is %q%s", head.Line, head.Names, later(text))
	}
	rows, err = readRows(sheet.NewReader(bytes.NewReader(text), head.Delimiter, formulas), head)
	return rows, note, err
}

// catalogText decodes a catalogue. formulas says whether there may be bare ="…"
// cells in it.
func catalogText(raw []byte) (text []byte, formulas bool, note string, err error) {
	start := raw[:min(len(raw), 64)]
	if kind, known := sheet.KindOfBytes(start); known {
		return nil, false, "", isNoCatalog(kind)
	}
	if bytes.HasPrefix(start, []byte("PK\x03\x04")) || bytes.HasPrefix(start, []byte("\xD0\xCF\x11\xE0")) {
		return nil, false, "", isNoCatalog(sheet.Kind{What: "a workbook or an archive", Hint: "save the sheet as CSV UTF-8"})
	}
	var facts sheet.Facts
	_, _ = facts.Write(raw)
	encoding, note, err := sheet.Inspect(bytes.NewReader(raw), &facts)
	if err != nil {
		return nil, false, "", err
	}
	text, err = io.ReadAll(sheet.Decode(bytes.NewReader(raw[:facts.Size()]), encoding))
	if err != nil {
		return nil, false, "", fmt.Errorf("decoding it: %w", err)
	}
	if kind, known := sheet.KindOfText(text); known {
		return nil, false, "", isNoCatalog(kind)
	}
	return text, facts.Formulas(), note, nil
}

func isNoCatalog(kind sheet.Kind) error {
	return fmt.Errorf("the file is %s; a catalogue is CSV (%s)", kind.What, kind.Hint)
}

// later says where a header seems to stand instead; empty: nowhere.
func later(text []byte) string {
	line := sheet.FindLater(text, 0, hasCatalogColumns)
	if line == 0 {
		return ""
	}
	return fmt.Sprintf(" (line %d looks like it: delete what stands above)", line)
}

func hasCatalogColumns(names []string) bool {
	var found []string
	for _, name := range normalNames(names) {
		switch name {
		case "code", "name", "type":
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return slices.Equal(found, []string{"code", "name", "type"})
}

func normalNames(names []string) []string {
	normal := make([]string, len(names))
	for i, name := range names {
		normal[i] = NormalName(sheet.Unwrap(name))
	}
	return normal
}

func readRows(r *csv.Reader, head sheet.Head) (*catalogRows, error) {
	rows := &catalogRows{records: [][]string{normalNames(head.Names)}}
	for at := 0; ; at++ {
		record, err := r.Read()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return nil, trueLine(err)
		}
		if at < head.Records || sheet.Empty(record) {
			continue
		}
		line, _ := r.FieldPos(0)
		if record = fitCatalogRow(record, head.Names); len(record) != len(head.Names) {
			return nil, fmt.Errorf("line %d: there are %d fields where the header has %d", line, len(record), len(head.Names))
		}
		rows.records = append(rows.records, record)
		rows.lines = append(rows.lines, line)
	}
}

// fitCatalogRow takes spare empty fields away from the end of a row, and adds
// those that a spreadsheet left out, unless the catalogue needs them.
func fitCatalogRow(record, names []string) []string {
	if len(record) > len(names) && sheet.Empty(record[len(names):]) {
		return record[:len(names)]
	}
	fit := slices.Clone(record)
	for len(fit) < len(names) {
		switch normalNames(names)[len(fit)] {
		case "code", "name", "type":
			return record
		}
		fit = append(fit, "")
	}
	return fit
}

// trueLine words a broken quote by the line where its record begins, since
// nothing after that line can be trusted.
func trueLine(err error) error {
	var broken *csv.ParseError
	if errors.As(err, &broken) {
		return fmt.Errorf("line %d: a quote is broken: %w", broken.StartLine, broken.Err)
	}
	return err
}
