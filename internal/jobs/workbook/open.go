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

func (u *Unreadable) Error() string { return u.Text }

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
	b := &Book{parts: map[string]*zip.File{}, looked: map[*zip.File]*looked{}}
	for _, file := range archive.File {
		name := partName("", file.Name)
		switch {
		case file.Flags&1 != 0:
			return nil, protected()
		case b.parts[name] != nil && !strings.HasSuffix(file.Name, "/"):
			return nil, broken(fmt.Errorf("two of its parts are called %s", name))
		}
		b.parts[name] = file
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
	case strings.HasSuffix(main, ".bin"):
		return "", unreadable(saveAsXLSX, "the file is a binary workbook (.xlsb)")
	case strings.HasPrefix(main, "word/"):
		return "", unreadable(giveTable, "the file is a text document (.docx)")
	case strings.HasPrefix(main, "ppt/"):
		return "", unreadable(giveTable, "the file is a presentation (.pptx)")
	case b.parts[main] != nil:
		return main, nil
	case b.parts["content.xml"] != nil && b.parts["mimetype"] != nil:
		return "", unreadable(saveAsXLSX, "the file is a workbook of the OpenDocument format (.ods)")
	case b.parts["index/document.iwa"] != nil || b.parts["index.zip"] != nil:
		return "", unreadable("export it as .xlsx or as CSV, and give that file", "the file is a workbook of Numbers")
	}
	return "", unreadable("give a CSV file or an .xlsx workbook; if one is in the archive, unpack it", "the file is an archive, neither CSV nor a workbook")
}

const giveTable = "give a CSV file or an .xlsx workbook"

// decode reads a small part.
func (b *Book) decode(name string, into any) error {
	part := b.parts[name]
	if part == nil {
		return fmt.Errorf("it has no %s", name)
	}
	r, err := openPart(part)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	defer r.Close()
	if err := decodeXML(r, into); err != nil {
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
	XMLName    xml.Name
	Properties struct {
		From1904 string `xml:"date1904,attr"`
	} `xml:"workbookPr"`
	Calculation struct {
		OnLoad string `xml:"fullCalcOnLoad,attr"`
	} `xml:"calcPr"`
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
	if d.XMLName.Local != "workbook" {
		return fmt.Errorf("%s is no workbook but a %.20q", main, d.XMLName.Local)
	}
	links, err := b.links(main)
	if err != nil {
		return err
	}
	if err := b.share(links, path.Dir(main)); err != nil {
		return err
	}
	b.list(&d, links, path.Dir(main))
	if b.Sheets == nil && b.Missing != nil {
		return fmt.Errorf("the sheet %q is missing in it", b.Missing[0])
	}
	b.shown = newShown()
	b.stale = isTrue(d.Calculation.OnLoad)
	if isTrue(d.Properties.From1904) {
		b.firstDay = days1904
	}
	return nil
}

// share reads the shared texts and the styles. A workbook may have neither: what
// refers to a text that is not there is found out when the rows are read.
func (b *Book) share(links []link, folder string) (err error) {
	for _, l := range links {
		target := partName(folder, l.Target)
		switch {
		case strings.HasSuffix(l.Type, "/sharedStrings") && b.parts[target] != nil:
			if b.strings, err = readPart(b.parts[target], readStrings); err != nil {
				return fmt.Errorf("%s: %w", target, err)
			}
		case strings.HasSuffix(l.Type, "/styles"):
			if b.formats, err = readPart(b.parts[target], readFormats); err != nil {
				b.Notes = append(b.Notes, "the workbook's cell formats are missing or broken; dates in it are read as numbers")
			}
		}
	}
	return nil
}

// list finds the part of each sheet.
func (b *Book) list(d *directory, links []link, folder string) {
	targets := map[string]string{}
	for _, l := range links {
		targets[l.ID] = partName(folder, l.Target)
	}
	for _, s := range d.Sheets {
		sheet := Sheet{Name: s.Name, Hidden: s.State == "hidden" || s.State == "veryHidden"}
		for _, a := range s.Attrs {
			if a.Name.Local == "id" && a.Name.Space != "" {
				sheet.part = b.parts[targets[a.Value]]
			}
		}
		if sheet.part == nil {
			b.Missing = append(b.Missing, s.Name)
			continue
		}
		b.Sheets = append(b.Sheets, sheet)
	}
}

func readPart[T any](part *zip.File, read func(io.Reader) ([]T, error)) ([]T, error) {
	if part == nil {
		return nil, errors.New("it is missing")
	}
	r, err := openPart(part)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return read(r)
}
