// Package qrsheet writes a printable page of QR pictures, to be cut up or
// handed out: each with its ICCID and what the user wants to stand beside it.
// It leaves the choice of rows to the command and the drawing to [report.Draw].
package qrsheet

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"image/png"
	"io"
	"os"

	"bulk/internal/jobs"
	"bulk/internal/report"
	"bulk/internal/report/human"
)

// Sheet is what a page of QR pictures says of itself.
type Sheet struct {
	Title  string   // the file it was made from
	Labels []string // names of what stands beside each picture
}

// Code is one QR picture of a sheet.
type Code struct {
	ICCID  jobs.ICCID
	Labels []string // as Sheet.Labels names them; an empty one is left out
	PNG    string   // path of the picture; empty or unreadable: it is drawn from LPA
	LPA    string   // the LPA string; may be empty where there is a picture
}

// Count says what came of the codes.
type Count struct {
	Pictures int // on the sheet
	Missing  int // on the sheet with their ICCID, but without a picture
}

const (
	perRow      = 3       // pictures across a printed page, A4 or Letter
	mostPicture = 1 << 20 // bytes; a QR picture has a few thousand
)

//go:embed sheet.css
var style string

var (
	head = template.Must(template.New("head").Parse(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src '{{.StyleHash}}'; base-uri 'none'; form-action 'none'">
<title>QR codes: {{.Title}}</title>
<style>{{.Style}}</style>
</head>
<body>
<header><h1>QR codes: {{.Title}}</h1><p>Whoever has this sheet can install these eSIMs. Keep it as safe as the SIMs themselves.</p></header>
<main>
`))
	card = template.Must(template.New("card").Parse(`<div class="card">
{{if .Picture}}<img src="{{.Picture}}" alt="QR code of {{.ICCID}}">{{else}}<p class="missing">no picture</p>{{end}}
<p class="iccid">{{.ICCID}}</p>
{{if .Labels}}<dl>{{range .Labels}}<div><dt>{{.Name}}</dt><dd>{{.Value}}</dd></div>{{end}}</dl>
{{end}}</div>
`))
	foot = template.Must(template.New("foot").Parse(`</main>
<footer><p>{{.}}</p></footer>
</body>
</html>
`))
)

type label struct{ Name, Value string }

// Write writes the sheet at path, whole or not at all, readable by its owner
// alone (see [report.Publish]): the pictures are secrets of their SIMs. codes
// calls each for every code in turn and ends with the first error; the memory
// needed does not grow with them. No error holds an LPA string.
func Write(path string, sheet Sheet, codes func(each func(Code) error) error) (Count, error) {
	var count Count
	err := report.PublishMode(path, 0o600, func(w io.Writer) error {
		count = Count{}
		return write(w, sheet, codes, &count)
	})
	if err != nil {
		return Count{}, fmt.Errorf("writing the sheet of QR pictures: %w", err)
	}
	return count, nil
}

func write(w io.Writer, sheet Sheet, codes func(each func(Code) error) error, count *Count) error {
	sum := sha256.Sum256([]byte(style))
	err := head.Execute(w, map[string]any{
		"Title": human.OneLine(sheet.Title), "Style": template.CSS(style),
		"StyleHash": template.HTMLAttr("sha256-" + base64.StdEncoding.EncodeToString(sum[:])),
	})
	if err != nil {
		return err
	}
	placed := 0
	err = codes(func(code Code) error {
		if placed%perRow == 0 {
			if err := row(w, placed > 0); err != nil {
				return err
			}
		}
		placed++
		return place(w, sheet, code, count)
	})
	if err != nil {
		return err
	}
	if placed > 0 {
		if _, err := io.WriteString(w, "</section>\n"); err != nil {
			return err
		}
	}
	return foot.Execute(w, counted(*count))
}

// row begins a row, which no page break goes through.
func row(w io.Writer, after bool) error {
	text := "<section class=\"row\">\n"
	if after {
		text = "</section>\n" + text
	}
	_, err := io.WriteString(w, text)
	return err
}

func counted(c Count) string {
	text := human.Count(c.Pictures, "QR code", "QR codes")
	if c.Missing > 0 {
		text += ", " + human.Count(c.Missing, "picture", "pictures") + " missing"
	}
	return text
}

func place(w io.Writer, sheet Sheet, code Code, count *Count) error {
	fields := map[string]any{"ICCID": string(code.ICCID)}
	if picture := code.picture(); picture != nil {
		count.Pictures++
		fields["Picture"] = template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(picture))
	} else {
		count.Missing++
	}
	var labels []label
	for i, name := range sheet.Labels {
		if i < len(code.Labels) && code.Labels[i] != "" {
			labels = append(labels, label{human.OneLine(name), human.OneLine(code.Labels[i])})
		}
	}
	fields["Labels"] = labels
	return card.Execute(w, fields)
}

// picture is the code's PNG; nil: there is none to be had. A picture may be
// gone since an earlier run, and then what it showed may still be known.
func (c Code) picture() []byte {
	if content := read(c.PNG); content != nil {
		return content
	}
	if content, err := report.Draw(c.LPA); err == nil {
		return content
	}
	return nil
}

// read reads a PNG; nil: it is none, or not there.
func read(path string) []byte {
	if path == "" {
		return nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, mostPicture+1))
	if err != nil || len(content) > mostPicture {
		return nil
	}
	if _, err := png.DecodeConfig(bytes.NewReader(content)); err != nil {
		return nil
	}
	return content
}
