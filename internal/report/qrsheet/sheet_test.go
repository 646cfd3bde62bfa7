package qrsheet

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"html"
	"image"
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
	"bulk/internal/report/human"
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

// asked is a row that asks for a code, and what came of it.
type asked struct {
	row    jobs.Row
	result jobs.Result
}

func all(rows ...asked) Rows {
	return func(each func(jobs.Row, jobs.Result) error) error {
		for _, r := range rows {
			if err := each(r.row, r.result); err != nil {
				return err
			}
		}
		return nil
	}
}

var columns = []string{"iccid", "site", "order_no"}

// row is the nth SIM's.
func row(i int, action jobs.Action, change ...func(*asked)) asked {
	a := asked{
		jobs.Row{Seq: i, Line: i + 2, ICCID: iccid(i), Action: action, Fields: []string{string(iccid(i)), "Köln <Süd>", fmt.Sprint("ORD-", i)}},
		jobs.Result{Seq: i, Action: action, Outcome: jobs.OK},
	}
	for _, c := range change {
		c(&a)
	}
	return a
}

func ended(o jobs.Outcome, c jobs.Code) func(*asked) {
	return func(a *asked) { a.result.Outcome, a.result.Code = o, c }
}

func data(change func(*jobs.Data)) func(*asked) {
	return func(a *asked) { change(&a.result.Data) }
}

func file(path string) func(*asked) { return data(func(d *jobs.Data) { d.QRFile = path }) }

func written(t *testing.T, sheet Sheet, rows Rows) (Count, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sheet.html")
	count, err := Write(path, sheet, rows)
	require.NoError(t, err)
	page, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NotContains(t, string(page), "LPA:")
	return count, string(page)
}

// Every picture on a sheet is read back, whether it came from a file or was
// drawn.
func TestEveryPictureIsReadBack(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "sheet.html")
	var want []shown
	var rows []asked
	for i := range 50 {
		r := row(i, jobs.GetQRCode, file(saved(t, dir, i)))
		if i%2 == 1 {
			r = row(i, jobs.QueryQRInfo, file("gone.png"), data(func(d *jobs.Data) { d.QRCode, d.QRStatus = lpa(i), "1" }))
		}
		rows = append(rows, r)
		want = append(want, shown{string(iccid(i)), lpa(i), fmt.Sprintf("site=Köln <Süd>;order_no=ORD-%d;", i)})
	}
	count, err := Write(path, Sheet{Title: "fleet.csv", Columns: columns, Labels: []string{"site", "order_no"}}, all(rows...))
	require.NoError(t, err)
	require.Equal(t, Count{Pictures: 50, Unread: 25}, count)
	page, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, want, readBack(t, string(page)))
	require.Equal(t, 13, strings.Count(string(page), `<section class="row">`), "four to a row")
	require.Equal(t, 13, strings.Count(string(page), `</section>`))
	require.NotContains(t, string(page), "LPA:")
	require.Contains(t, string(page), "50 QR codes, each read back")
	require.Contains(t, string(page), "Of 25 SIMs nobody asked whether they are installed already")
	info, err := os.Stat(path)
	require.NoError(t, err)
	if runtime.GOOS != "windows" { // which has no such modes
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
}

// What can no longer be installed, or is in doubt, is no sticker, whichever of the
// SIM's rows says so and whether it was read now or copied.
func TestLeftOut(t *testing.T) {
	dir := t.TempDir()
	sticker := func(i int, change ...func(*asked)) asked {
		return row(i, jobs.GetQRCode, append(change, file(saved(t, dir, i)))...)
	}
	status := func(i int, status string) asked {
		return row(i, jobs.QueryQRInfo, data(func(d *jobs.Data) { d.QRStatus = status }))
	}
	state := func(i int, state string) asked {
		return row(i, jobs.GetEUICCProfile, data(func(d *jobs.Data) { d.ProfileState = state }))
	}
	copied := state(12, "ENABLED")
	copied.row.Copied, copied.row.Prior, copied.result = true, &jobs.Prior{Outcome: jobs.OK, Cells: jobs.ResultRow{Data: copied.result.Data}}, jobs.Result{}
	copiedSticker := sticker(13)
	copiedSticker.row.Copied, copiedSticker.row.Prior, copiedSticker.result = true, &jobs.Prior{Outcome: jobs.OK, Cells: jobs.ResultRow{Data: copiedSticker.result.Data}}, jobs.Result{}
	rows := []asked{
		sticker(0), status(0, "0"), sticker(1), status(1, "1"), sticker(2), status(2, "2"), sticker(3), status(3, "3"), status(4, "4"), sticker(4),
		sticker(5), state(5, "RELEASED"), sticker(6), state(6, "installed"), sticker(7), state(7, "Disabled"), sticker(8), state(8, "ERROR"),
		sticker(9), state(9, "Pre-Service"), sticker(10, ended(jobs.Drift, jobs.QRDiffers)), sticker(11),
		row(11, jobs.GetEUICCProfile, ended(jobs.Drift, jobs.Drifted)), copied, sticker(12), copiedSticker, sticker(1),
	}
	other := sticker(14) // the same SIM as 15, with its check digit
	other.row.ICCID = otherSpelling(iccid(15))
	rows = append(rows, other, state(15, "DELETED"), state(16, "UNAVAILABLE"), sticker(16))
	count, page := written(t, Sheet{Title: "fleet.csv"}, all(rows...))
	var placed []string
	for _, card := range readBack(t, page) {
		placed = append(placed, card.iccid)
	}
	var want []string
	for _, i := range []int{0, 1, 2, 5, 9, 13} {
		want = append(want, string(iccid(i)))
	}
	require.Equal(t, want, placed)
	require.Equal(t, 6, count.Pictures)
	require.Equal(t, 1, count.Unread, "the copied one")
	require.Empty(t, count.Without)
	require.Equal(t, []string{
		"the QR sheet leaves out 10 SIMs: 1 installed on a device (qr_status 3); 1 deleted from its device (qr_status 4); 1 with the profile INSTALLED; " +
			"1 with the profile DISABLED; 1 with the profile ERROR; 1 with different codes from m2m and betatel (qr_differs); 1 not as expected (drift); " +
			"1 with the profile ENABLED; 1 with the profile DELETED; 1 with the profile UNAVAILABLE",
		"of 1 SIM on the QR sheet nobody asked whether they are installed already: add rows with query_qr_info or get_euicc_profile",
	}, count.Notes())
	require.Contains(t, page, "<b>10 SIMs are left out: see the end.</b>")
	require.Contains(t, page, fmt.Sprintf("<h3>1 SIM: installed on a device (qr_status 3)</h3>\n<ul><li><span class=\"mono\">%s</span> line 5</li></ul>", iccid(3)))
}

func otherSpelling(i jobs.ICCID) jobs.ICCID {
	for d := range 10 {
		if other := jobs.ICCID(fmt.Sprint(i, d)); other.LuhnOK() {
			return other
		}
	}
	panic("no digit checks")
}

// SIMs that were asked for a code and have none are listed with the reason; rows
// that did not ask are not.
func TestWithoutACode(t *testing.T) {
	dir := t.TempDir()
	grey := image.NewGray(image.Rect(0, 0, 4, 4))
	var png4 bytes.Buffer
	require.NoError(t, png.Encode(&png4, grey))
	address, err := report.Draw("https://example.com")
	require.NoError(t, err)
	for name, content := range map[string][]byte{"text.png": []byte("no picture"), "grey.png": png4.Bytes(), "address.png": address, "huge.png": bytes.Repeat([]byte("x"), mostPicture+1)} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), content, 0o600))
	}
	here := func(name string) func(*asked) { return file(filepath.Join(dir, name)) }
	noICCID := row(11, jobs.GetQRCode, ended(jobs.Invalid, jobs.ICCIDFormat))
	noICCID.row.ICCID = ""
	count, page := written(t, Sheet{}, all(
		row(0, jobs.GetQRCode, here("gone.png")), row(1, jobs.GetQRCode, here("text.png")), row(2, jobs.GetQRCode, here("grey.png")),
		row(3, jobs.GetQRCode, here("address.png")), row(4, jobs.GetQRCode, here("huge.png")), row(5, jobs.GetQRCode, file(dir)),
		row(6, jobs.QueryQRInfo, here("gone.png"), data(func(d *jobs.Data) { d.QRCode = "n/a - ask support" })),
		row(7, jobs.QueryQRInfo), row(8, jobs.GetQRCode, ended(jobs.Failed, jobs.QRUnreadable)), row(9, jobs.QueryStatus),
		row(10, jobs.GetQRCode, ended(jobs.NotRun, jobs.Interrupted)), noICCID,
		row(12, jobs.QueryQRInfo, ended(jobs.Failed, jobs.NotFound)), row(12, jobs.GetQRCode, file(saved(t, dir, 12))),
	))
	cards := readBack(t, page)
	require.Equal(t, []shown{{string(iccid(12)), lpa(12), ""}}, cards, "one of its upstreams had it")
	require.Equal(t, 1, count.Pictures)
	require.Empty(t, count.LeftOut)
	listed := map[string][]int{}
	for _, g := range count.Without {
		for _, s := range g.SIMs {
			listed[g.Why] = append(listed[g.Why], s.Line)
		}
	}
	require.Equal(t, map[string][]int{
		"whose picture is gone, or no longer holds an activation code": {2, 3, 4, 5, 6, 7, 8},
		"for which the upstream has none":                              {9}, "qr_unreadable": {10}, "interrupted": {12}, "iccid_format": {13},
	}, listed)
	require.Contains(t, page, "<b>7 SIMs have no code: see the end.</b>")
	require.Contains(t, page, "<h2>Without a code</h2>")
	require.Contains(t, page, "<h3>1 SIM: qr_unreadable. The QR picture cannot be read")
	require.Contains(t, page, "<ul><li>line 13</li></ul>")
	require.NotContains(t, page, "ask support")
	require.Contains(t, count.Notes()[0], "the QR sheet lists 11 SIMs without a code: 7 whose picture is gone")
}

// A card says what an installer must know.
func TestCardNeeds(t *testing.T) {
	dir := t.TempDir()
	confirming, err := report.Draw(lpa(2) + "$$1")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "c.png"), confirming, 0o600))
	profile := func(i int, change func(*jobs.Data)) asked { return row(i, jobs.GetEUICCProfile, data(change)) }
	_, page := written(t, Sheet{}, all(
		row(0, jobs.GetQRCode, file(saved(t, dir, 0))),
		row(1, jobs.GetQRCode, file(saved(t, dir, 1))), profile(1, func(d *jobs.Data) { d.CCRequired, d.EID = "true", "89044045000000000000000000014124" }),
		row(2, jobs.GetQRCode, file(filepath.Join(dir, "c.png"))), profile(2, func(d *jobs.Data) { d.CCRequired, d.EID = "false", "unknown" }),
	))
	cards := cardPattern.FindAllString(page, -1)
	require.Len(t, cards, 3)
	for i, want := range []struct{ confirms, bound bool }{{false, false}, {true, true}, {true, false}} {
		require.Equal(t, want.confirms, strings.Contains(cards[i], "confirmation code needed"), i)
		require.Equal(t, want.bound, strings.Contains(cards[i], "only for the eUICC <span class=\"mono\">…014124</span>"), i)
		require.Equal(t, want.bound, strings.Contains(cards[i], "eUICC"), i)
	}
}

func TestFailuresLeaveNothing(t *testing.T) {
	dir := t.TempDir()
	errRows := errors.New("the ledger is gone")
	calls := 0
	_, err := Write(filepath.Join(dir, "sheet.html"), Sheet{}, func(each func(jobs.Row, jobs.Result) error) error {
		r := row(1, jobs.QueryQRInfo, file("gone.png"), data(func(d *jobs.Data) { d.QRCode = lpa(1) }))
		if err := each(r.row, r.result); err != nil {
			return err
		}
		if calls++; calls == 2 {
			return errRows
		}
		return nil
	})
	require.ErrorIs(t, err, errRows)
	require.NotContains(t, err.Error(), "LPA")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries)

	count, err := Write(filepath.Join(dir, "sheet.html"), Sheet{Title: "empty"}, all())
	require.NoError(t, err)
	require.Zero(t, count)
	require.Empty(t, count.Notes())
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

// No label can break the page. (Nothing is drawn: that is slow, and not the
// question.)
func FuzzSheet(f *testing.F) {
	f.Add("site", "</dd><script>alert(1)</script>", "fleet.csv")
	f.Add("\"><img src=x>", "a\x00b\u2028", "</title><b>")
	f.Fuzz(func(t *testing.T, name, value, title string) {
		if value == "" {
			return // an empty label has no place
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
	require.NoError(t, page.ExecuteTemplate(&out, "head", map[string]any{"Title": human.OneLine(title), "Style": "", "StyleHash": ""}))
	require.NoError(t, page.ExecuteTemplate(&out, "card", map[string]any{
		"ICCID": string(iccid(1)), "EID": "", "Labels": labels(Sheet{Labels: []string{name}}, []string{value}),
	}))
	return out.String()
}
