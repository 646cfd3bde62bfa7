package workbook

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// Unreadable is a file that cannot be read as a workbook.
type Unreadable struct {
	Text string // what is wrong, lower case, no full stop
	Hint string // what to do
}

func (u *Unreadable) Error() string { return u.Text }

func unreadable(hint, format string, args ...any) *Unreadable {
	return &Unreadable{Text: fmt.Sprintf(format, args...), Hint: hint}
}

// Book is a workbook that was opened. It is for one goroutine.
type Book struct {
	Sheets []Sheet // in the order of their tabs

	parts   map[string]*zip.File // by lower-case name
	strings []string
	formats []format // of the cell styles
	shown   *shown
	// firstDay is added to dates to make them count from 1900.
	firstDay int
}

// Sheet is one sheet of a workbook.
type Sheet struct {
	Name   string
	Hidden bool

	part *zip.File
}

const saveAsXLSX = "open it in a spreadsheet program, save it as .xlsx or as CSV UTF-8, and give that file"

// Open reads all of a workbook but its sheets. r must stay open for as long as
// the Book is used. A file that cannot be read is an [*Unreadable].
func Open(r io.ReaderAt, size int64) (*Book, error) {
	start := make([]byte, MagicSize)
	n, _ := r.ReadAt(start, 0)
	if string(start[:n]) == oleMagic {
		return nil, oldFormat(io.NewSectionReader(r, 0, size))
	}
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return nil, broken(err)
	}
	b := &Book{parts: map[string]*zip.File{}}
	for _, file := range archive.File {
		if file.Flags&1 != 0 {
			return nil, protected()
		}
		b.parts[partName("", file.Name)] = file
	}
	main, err := b.mainPart()
	if err != nil {
		return nil, err
	}
	if err := b.read(main); err != nil {
		return nil, broken(err)
	}
	return b, nil
}

func broken(err error) error {
	return unreadable("save it again in a spreadsheet program, or as CSV UTF-8, and give that file", "the file looks like a workbook but is broken: %v", err)
}

func protected() error {
	return unreadable("open it, save it without a password, and give that file", "the workbook is protected by a password")
}

// partName gives the name of the part that a target in a folder means, as the
// keys of Book.parts are written.
func partName(folder, target string) string {
	target = strings.ReplaceAll(target, `\`, "/")
	if !strings.HasPrefix(target, "/") {
		target = path.Join("/", folder, target)
	}
	return strings.ToLower(strings.TrimPrefix(path.Clean(target), "/"))
}

// mainPart finds the workbook among the parts.
func (b *Book) mainPart() (string, error) {
	main := "xl/workbook.xml"
	if links, err := b.links(""); err == nil {
		for _, l := range links {
			if strings.HasSuffix(l.Type, "/officeDocument") {
				main = partName("", l.Target)
			}
		}
	}
	switch {
	case strings.HasPrefix(main, "xl/") && strings.HasSuffix(main, ".bin"):
		return "", unreadable(saveAsXLSX, "the file is a binary workbook (.xlsb)")
	case b.parts[main] != nil && strings.HasPrefix(main, "xl/"):
		return main, nil
	case b.parts["content.xml"] != nil && b.parts["mimetype"] != nil:
		return "", unreadable(saveAsXLSX, "the file is a workbook of the OpenDocument format (.ods)")
	case b.parts["index/document.iwa"] != nil || b.parts["index.zip"] != nil:
		return "", unreadable("export it as .xlsx or as CSV, and give that file", "the file is a workbook of Numbers")
	}
	return "", unreadable("give a CSV file or an .xlsx workbook; if one is in the archive, unpack it", "the file is an archive, neither CSV nor a workbook")
}

// mostSmall is how much a part that is read whole may unpack to, in bytes.
const mostSmall = 64 << 20

// decode reads a small part.
func (b *Book) decode(name string, into any) error {
	part := b.parts[name]
	if part == nil {
		return fmt.Errorf("it has no %s", name)
	}
	r, err := part.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	if err := xml.NewDecoder(io.LimitReader(r, mostSmall)).Decode(into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// link is a relationship of a part to another one.
type link struct {
	ID     string `xml:"Id,attr"`
	Type   string `xml:"Type,attr"`
	Target string `xml:"Target,attr"`
}

// links reads the relationships of a part; of the whole file where name is
// empty.
func (b *Book) links(name string) ([]link, error) {
	var all struct {
		Links []link `xml:"Relationship"`
	}
	folder, base := path.Split(name)
	err := b.decode(path.Join(folder, "_rels", base+".rels"), &all)
	return all.Links, err
}

// directory is what matters of xl/workbook.xml.
type directory struct {
	Properties struct {
		From1904 string `xml:"date1904,attr"`
	} `xml:"workbookPr"`
	Sheets []struct {
		Name  string     `xml:"name,attr"`
		State string     `xml:"state,attr"`
		Attrs []xml.Attr `xml:",any,attr"`
	} `xml:"sheets>sheet"`
}

// read reads the list of sheets and what they share.
func (b *Book) read(main string) error {
	var d directory
	if err := b.decode(main, &d); err != nil {
		return err
	}
	links, err := b.links(main)
	if err != nil {
		return err
	}
	folder := path.Dir(main)
	targets := map[string]string{}
	for _, l := range links {
		target := partName(folder, l.Target)
		targets[l.ID] = target
		switch {
		case strings.HasSuffix(l.Type, "/sharedStrings"):
			b.strings, err = readPart(b.parts[target], readStrings)
		case strings.HasSuffix(l.Type, "/styles"):
			b.formats, err = readPart(b.parts[target], readFormats)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", target, err)
		}
	}
	for _, s := range d.Sheets {
		sheet := Sheet{Name: s.Name, Hidden: s.State == "hidden" || s.State == "veryHidden"}
		for _, a := range s.Attrs {
			if a.Name.Local == "id" && a.Name.Space != "" {
				sheet.part = b.parts[targets[a.Value]]
			}
		}
		if sheet.part == nil {
			return fmt.Errorf("the sheet %q is missing in it", s.Name)
		}
		b.Sheets = append(b.Sheets, sheet)
	}
	b.shown = newShown()
	if from1904 := d.Properties.From1904; from1904 == "1" || from1904 == "true" {
		b.firstDay = days1904
	}
	return nil
}

func readPart[T any](part *zip.File, read func(io.Reader) ([]T, error)) ([]T, error) {
	if part == nil {
		return nil, errors.New("it is missing")
	}
	r, err := part.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return read(r)
}
