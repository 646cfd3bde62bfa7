package qrsheet

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"html"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/report"
)

func lpa(i int) string { return fmt.Sprintf("LPA:1$smdp.example.com$K2-%06d-4D5E6F", i) }

func iccid(i int) jobs.ICCID { return jobs.ICCID(fmt.Sprintf("894450010203%07d", i)) }

// shown is a card as a person sees it.
type shown struct{ iccid, qr, labels string }

var (
	cardPattern  = regexp.MustCompile(`(?s)<div class="card">(.*?)\n</div>`)
	imagePattern = regexp.MustCompile(`<img src="data:image/png;base64,([^"]+)" alt="QR code of ([0-9]+)">`)
	iccidPattern = regexp.MustCompile(`<p class="iccid">([0-9]+)</p>`)
	labelPattern = regexp.MustCompile(`<dt>([^<]*)</dt><dd>([^<]*)</dd>`)
)

// readBack reads every picture of a page back.
func readBack(t *testing.T, page string) []shown {
	t.Helper()
	var cards []shown
	for _, match := range cardPattern.FindAllStringSubmatch(page, -1) {
		var s shown
		s.iccid = iccidPattern.FindStringSubmatch(match[1])[1]
		if image := imagePattern.FindStringSubmatch(match[1]); image != nil {
			require.Equal(t, s.iccid, image[2])
			s.qr = decode(t, html.UnescapeString(image[1]))
		}
		for _, l := range labelPattern.FindAllStringSubmatch(match[1], -1) {
			s.labels += html.UnescapeString(l[1] + "=" + l[2] + ";")
		}
		cards = append(cards, s)
	}
	return cards
}

func decode(t *testing.T, text string) string {
	t.Helper()
	content, err := base64.StdEncoding.DecodeString(text)
	require.NoError(t, err)
	img, err := png.Decode(bytes.NewReader(content))
	require.NoError(t, err)
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	require.NoError(t, err)
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_PURE_BARCODE: true})
	require.NoError(t, err)
	return result.GetText()
}

// saved draws a picture into a folder.
func saved(t *testing.T, dir string, i int) string {
	t.Helper()
	picture, err := report.Draw(lpa(i))
	require.NoError(t, err)
	path := filepath.Join(dir, fmt.Sprintf("%d.png", i))
	require.NoError(t, os.WriteFile(path, picture, 0o600))
	return path
}

// Every picture on a sheet is read back, whether it came from a file or was
// drawn.
func TestEveryPictureIsReadBack(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "sheet.html")
	var want []shown
	var codes []Code
	for i := range 50 {
		code := Code{ICCID: iccid(i), Labels: []string{"Köln <Süd>", "ORD-" + fmt.Sprint(i)}}
		if i%2 == 0 {
			code.PNG = saved(t, dir, i)
		} else {
			code.LPA = lpa(i)
		}
		codes = append(codes, code)
		want = append(want, shown{string(iccid(i)), lpa(i), fmt.Sprintf("site=Köln <Süd>;order_no=ORD-%d;", i)})
	}
	count, err := Write(path, Sheet{Title: "fleet.csv", Labels: []string{"site", "order_no"}}, all(codes))
	require.NoError(t, err)
	require.Equal(t, Count{Pictures: 50}, count)
	page, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, want, readBack(t, string(page)))
	require.Equal(t, 17, strings.Count(string(page), `<section class="row">`), "three to a row")
	require.Equal(t, 17, strings.Count(string(page), `</section>`))
	require.NotContains(t, string(page), "LPA:")
	info, err := os.Stat(path)
	require.NoError(t, err)
	if runtime.GOOS != "windows" { // which has no such modes
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
}

func all(codes []Code) func(func(Code) error) error {
	return func(each func(Code) error) error {
		for _, code := range codes {
			if err := each(code); err != nil {
				return err
			}
		}
		return nil
	}
}

func TestPicturesThatCannotBeHad(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"text.png": "no picture", "huge.png": strings.Repeat("x", mostPicture+1)} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	codes := []Code{
		{ICCID: iccid(0), PNG: filepath.Join(dir, "gone.png")},
		{ICCID: iccid(1), PNG: filepath.Join(dir, "text.png")},
		{ICCID: iccid(2), PNG: filepath.Join(dir, "huge.png")},
		{ICCID: iccid(3), PNG: dir},
		{ICCID: iccid(4), LPA: strings.Repeat("too long ", 1000)},
		{ICCID: iccid(5)},
		{ICCID: iccid(6), PNG: filepath.Join(dir, "gone.png"), LPA: lpa(6)},
	}
	path := filepath.Join(dir, "sheet.html")
	count, err := Write(path, Sheet{}, all(codes))
	require.NoError(t, err)
	require.Equal(t, Count{Pictures: 1, Missing: 6}, count)
	page, err := os.ReadFile(path)
	require.NoError(t, err)
	cards := readBack(t, string(page))
	require.Len(t, cards, 7, "each has its place all the same")
	require.Equal(t, shown{string(iccid(6)), lpa(6), ""}, cards[6], "drawn, since the file is gone")
	require.Contains(t, string(page), "1 QR code, 6 pictures missing")
}

func TestFailuresLeaveNothing(t *testing.T) {
	dir := t.TempDir()
	errRows := errors.New("the ledger is gone")
	_, err := Write(filepath.Join(dir, "sheet.html"), Sheet{}, func(each func(Code) error) error {
		if err := each(Code{ICCID: iccid(1), LPA: lpa(1)}); err != nil {
			return err
		}
		return errRows
	})
	require.ErrorIs(t, err, errRows)
	require.NotContains(t, err.Error(), "LPA")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries)

	count, err := Write(filepath.Join(dir, "sheet.html"), Sheet{Title: "empty"}, all(nil))
	require.NoError(t, err)
	require.Zero(t, count)
}

func TestLabels(t *testing.T) {
	columns := []string{"iccid", "Order No", "site"}
	names, err := Labels([]string{"order_no", " Site", "qr_status"}, columns)
	require.NoError(t, err)
	require.Equal(t, []string{"order_no", "Site", "qr_status"}, names)
	_, err = Labels([]string{"place"}, columns)
	require.EqualError(t, err, `label "place" is no column of the file; there are iccid, Order No, site`)
	names, err = Labels(nil, columns)
	require.NoError(t, err)
	require.Empty(t, names)
}

func TestCodes(t *testing.T) {
	columns := []string{"iccid", "Site"}
	row := func(i int, site string) jobs.Row {
		return jobs.Row{Seq: i, ICCID: iccid(i), Fields: []string{string(iccid(i)), site}}
	}
	drawn := jobs.Result{Outcome: jobs.OK}
	drawn.Data.QRFile, drawn.Data.QRCode, drawn.Data.QRStatus = "a.png", lpa(1), "1"
	fetched := jobs.Result{Outcome: jobs.OK}
	fetched.Data.QRFile = "b.png"
	copied := row(4, "Kiel")
	copied.Copied, copied.Prior = true, &jobs.Prior{Cells: jobs.ResultRow{Data: fetched.Data}}
	rows := func(each func(jobs.Row, jobs.Result) error) error {
		for _, p := range []struct {
			row    jobs.Row
			result jobs.Result
		}{
			{row(1, "Hamburg"), drawn}, {row(2, "Bremen"), jobs.Result{Outcome: jobs.Failed}}, {row(3, "Köln"), fetched},
			{row(1, "again"), fetched}, {copied, jobs.Result{}}, {jobs.Row{ICCID: iccid(5)}, fetched},
		} {
			if err := each(p.row, p.result); err != nil {
				return err
			}
		}
		return nil
	}
	var got []Code
	require.NoError(t, Codes(rows, columns, []string{"site", "qr_status"})(func(c Code) error { got = append(got, c); return nil }))
	require.Equal(t, []Code{
		{iccid(1), []string{"Hamburg", "1"}, "a.png", lpa(1)},
		{iccid(3), []string{"Köln", ""}, "b.png", ""},
		{iccid(4), []string{"Kiel", ""}, "b.png", ""},
		{iccid(5), []string{"", ""}, "b.png", ""},
	}, got, "each SIM once, and only those with a picture")
}

// No label can break the page. (Nothing is drawn: that is slow, and not the
// question.)
func FuzzSheet(f *testing.F) {
	f.Add("site", "</dd><script>alert(1)</script>", "fleet.csv")
	f.Add("\"><img src=x>", "a\x00b\u2028", "</title><b>")
	f.Fuzz(func(t *testing.T, name, value, title string) {
		if value == "" {
			t.Skip("an empty label has no place")
		}
		page, plain := bare(t, title, name, value), bare(t, "x", "x", "x")
		for _, mark := range []string{"<", ">", "\""} {
			require.Equal(t, strings.Count(plain, mark), strings.Count(page, mark), "no more %s than without the text", mark)
		}
	})
}

func bare(t *testing.T, title, name, value string) string {
	t.Helper()
	var out bytes.Buffer
	count := Count{}
	require.NoError(t, write(&out, Sheet{Title: title, Labels: []string{name}}, all([]Code{{ICCID: iccid(1), Labels: []string{value}}}), &count))
	return out.String()
}
