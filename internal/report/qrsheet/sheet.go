// Package qrsheet writes a printable page of QR pictures, to be cut up or
// handed out: each with its ICCID and what the user wants to stand beside it.
// What can no longer be installed is left out, and what has no code is listed.
package qrsheet

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"

	"bulk/internal/jobs"
	"bulk/internal/jobs/activation"
	"bulk/internal/report"
	"bulk/internal/report/human"
)

// Sheet is what a page of QR pictures is made of.
type Sheet struct {
	Title   string   // the file it was made from
	Columns []string // names of the file's own columns, as a row's Fields hold them
	Labels  []string // names of what stands beside each picture, as [Labels] settled them
}

// Count says what came of the SIMs that were asked for their code.
type Count struct {
	Pictures int     // on the sheet
	LeftOut  []group // SIMs whose code is not on it, since it is used up or in doubt
	Without  []group // SIMs that have no code that could be on it
	Unread   int     // on the sheet, of SIMs whose state the file did not ask for
}

const perRow = 4 // pictures across a printed page, A4 or Letter

//go:embed sheet.css
var style string

//go:embed sheet.html
var pages string

// page has the parts of a sheet: head, card, foot.
var page = template.Must(template.New("sheet").Funcs(template.FuncMap{"counted": counted}).Parse(pages))

type label struct{ Name, Value string }

// Write writes the sheet at path, whole or not at all, readable by its owner
// alone (see [report.Publish]): the pictures are secrets of their SIMs. Each is
// read back once more before it is placed. rows is gone through twice; the memory
// needed grows with the SIMs, not with their pictures. No error holds an
// activation code.
func Write(path string, sheet Sheet, rows Rows) (Count, error) {
	var count Count
	err := report.PublishMode(path, 0o600, func(w io.Writer) (err error) {
		count, err = write(w, sheet, rows)
		return err
	})
	if err != nil {
		return Count{}, fmt.Errorf("writing the sheet of QR pictures: %w", err)
	}
	return count, nil
}

func write(w io.Writer, sheet Sheet, rows Rows) (count Count, err error) {
	all, err := gather(rows)
	if err != nil {
		return count, err
	}
	count.LeftOut = all.leftOut()
	sum := sha256.Sum256([]byte(style))
	err = page.ExecuteTemplate(w, "head", map[string]any{
		"Title": human.OneLine(sheet.Title), "Style": template.CSS(style), "LeftOut": total(count.LeftOut), "Without": all.bare(),
		"StyleHash": template.HTMLAttr("sha256-" + base64.StdEncoding.EncodeToString(sum[:])),
	})
	if err != nil {
		return count, err
	}
	err = rows(func(row jobs.Row, result jobs.Result) error {
		s := all.byID[row.ICCID.SIM()]
		_, _, data := said(&row, &result)
		if s == nil || data.QRFile == "" || s.placed || s.out() != "" {
			return nil
		}
		picture, code := proven(data)
		if picture == nil {
			return nil
		}
		s.placed = true
		if count.Pictures%perRow == 0 {
			if err := beginRow(w, count.Pictures > 0); err != nil {
				return err
			}
		}
		count.Pictures++
		return page.ExecuteTemplate(w, "card", map[string]any{
			"ICCID": string(row.ICCID), "Picture": template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(picture)),
			"Labels": labels(sheet, values(&row, data, sheet.Columns, sheet.Labels)), "Confirms": s.confirms || code.Confirms, "EID": s.eid[max(0, len(s.eid)-6):],
		})
	})
	if err != nil {
		return count, err
	}
	if count.Pictures > 0 {
		if _, err := io.WriteString(w, "</section>\n"); err != nil {
			return count, err
		}
	}
	count.Without, count.Unread = all.without(), all.unread()
	return count, page.ExecuteTemplate(w, "foot", count)
}

// beginRow begins a row, which no page break goes through.
func beginRow(w io.Writer, after bool) error {
	text := "<section class=\"row\">\n"
	if after {
		text = "</section>\n" + text
	}
	_, err := io.WriteString(w, text)
	return err
}

func labels(sheet Sheet, values []string) (all []label) {
	for i, name := range sheet.Labels {
		if values[i] != "" {
			all = append(all, label{human.OneLine(name), human.OneLine(values[i])})
		}
	}
	return all
}

func counted(n int, one, many string) string { return human.Count(n, one, many) }

func total(groups []group) (n int) {
	for _, g := range groups {
		n += len(g.SIMs)
	}
	return n
}

// Notes say, for a summary, what is not on the sheet, and what nobody asked.
func (c Count) Notes() (all []string) {
	if n := total(c.LeftOut); n > 0 {
		all = append(all, "the QR sheet leaves out "+human.Count(n, "SIM", "SIMs")+": "+summed(c.LeftOut))
	}
	if n := total(c.Without); n > 0 {
		all = append(all, "the QR sheet lists "+human.Count(n, "SIM", "SIMs")+" without a code: "+summed(c.Without))
	}
	if c.Unread > 0 {
		all = append(all, fmt.Sprintf("of %s on the QR sheet nobody asked whether they are installed already: add rows with query_qr_info or get_euicc_profile", human.Count(c.Unread, "SIM", "SIMs")))
	}
	return all
}

// summed is how many SIMs there are for each reason.
func summed(groups []group) string {
	var all []string
	for _, g := range groups {
		all = append(all, human.Number(len(g.SIMs))+" "+g.Why)
	}
	return strings.Join(all, "; ")
}

// proven is the PNG of a row's code, and what it says; nil: there is none to be
// had. A picture may be gone since an earlier run, and then what it showed may
// still be known.
func proven(data *jobs.Data) ([]byte, activation.Code) {
	if picture := read(data.QRFile); picture != nil {
		if code, err := activation.Parse(readCode(picture)); err == nil {
			return picture, code
		}
	}
	if data.QRCode == "" {
		return nil, activation.Code{}
	}
	code, err := activation.Parse(activation.Complete(data.QRCode))
	if err != nil {
		return nil, activation.Code{}
	}
	picture, err := report.Draw(code.Text)
	if err != nil || readCode(picture) != code.Text {
		return nil, activation.Code{}
	}
	return picture, code
}
