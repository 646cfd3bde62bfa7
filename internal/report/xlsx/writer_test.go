package xlsx

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"bulk/internal/jobs"
	"bulk/internal/jobs/workbook"
)

func write(t testing.TB, o Options, records ...[]string) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := New(&out, o)
	require.NoError(t, err)
	for _, record := range records {
		require.NoError(t, w.Write(record))
	}
	require.NoError(t, w.Flush())
	require.NoError(t, w.Close())
	return out.Bytes()
}

func readBack(t testing.TB, content []byte) (records [][]string) {
	t.Helper()
	b, err := workbook.Open(bytes.NewReader(content), int64(len(content)))
	require.NoError(t, err)
	for row, err := range b.Rows(b.Sheets[0]) {
		require.NoError(t, err)
		records = append(records, append([]string(nil), row.Cells...))
	}
	return records
}

// Whatever is written comes back, letter by letter.
func TestWhatIsWrittenIsRead(t *testing.T) {
	records := [][]string{
		{"iccid", "note", "outcome"},
		{"8944500000000700019", "", "ok"},
		{"894450000000070001", "=HYPERLINK(\"http://x\")", "failed"},
		{"'=1", " a & <b> \"c\" ", "drift"},
		{"8.94412E+18", "one\ntwo\r\nthree\tfour", "_x000D_ _x0041_ _x005F_"},
		{"0042", "Grüße, 木曜日 🚚", "TRUE"},
	}
	require.Equal(t, records, readBack(t, write(t, Options{}, records...)))
}

// Every cell is a text and is to stay one; outcomes have their colours.
func TestLook(t *testing.T) {
	records := [][]string{{"iccid", "outcome", "a long name of a column"}}
	for _, outcome := range jobs.Outcomes {
		records = append(records, []string{"8944500000000700019", string(outcome), "1"})
	}
	content := write(t, Options{Sheet: "Results"}, records...)
	f, err := excelize.OpenReader(bytes.NewReader(content))
	require.NoError(t, err)
	defer f.Close()
	require.Equal(t, []string{"Results"}, f.GetSheetList())
	colours := map[string]bool{}
	for i := range records {
		for _, column := range "ABC" {
			cell := fmt.Sprintf("%c%d", column, i+1)
			kind, err := f.GetCellType("Results", cell)
			require.NoError(t, err)
			require.Equal(t, excelize.CellTypeInlineString, kind)
			id, err := f.GetCellStyle("Results", cell)
			require.NoError(t, err)
			style, err := f.GetStyle(id)
			require.NoError(t, err)
			require.Equal(t, textFormat, style.NumFmt, cell)
			if i > 0 && column == 'B' {
				require.NotEmpty(t, style.Fill.Color, cell)
				colours[style.Fill.Color[0]] = true
			}
		}
	}
	require.Len(t, colours, 6)
	panes, err := f.GetPanes("Results")
	require.NoError(t, err)
	require.True(t, panes.Freeze)
	require.Equal(t, 1, panes.YSplit)
	width, err := f.GetColWidth("Results", "A")
	require.NoError(t, err)
	require.EqualValues(t, 20, width)
	require.Contains(t, partOf(t, content, "xl/worksheets/sheet1.xml"), `<cols><col min="1" max="1" width="20" customWidth="1"/><col min="2"`)
	names := f.GetDefinedName()
	require.Len(t, names, 1)
	require.Equal(t, "_xlnm._FilterDatabase", names[0].Name)
	require.Contains(t, names[0].RefersTo, "$A$1:$C$11")
}

func partOf(t *testing.T, content []byte, name string) string {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	require.NoError(t, err)
	text, err := fs.ReadFile(archive, name)
	require.NoError(t, err)
	return string(text)
}

// In a form, what is typed below the samples stays text.
func TestForm(t *testing.T) {
	f, err := excelize.OpenReader(bytes.NewReader(write(t, Options{Sheet: "Fleet", Form: true}, []string{"iccid", "action"}, []string{"1", "2"})))
	require.NoError(t, err)
	defer f.Close()
	id, err := f.GetColStyle("Fleet", "B")
	require.NoError(t, err)
	style, err := f.GetStyle(id)
	require.NoError(t, err)
	require.Equal(t, textFormat, style.NumFmt)
	require.Empty(t, f.GetDefinedName())
}

func TestSmallBooks(t *testing.T) {
	require.Empty(t, readBack(t, write(t, Options{})))
	require.Equal(t, [][]string{{"iccid"}}, readBack(t, write(t, Options{}, []string{"iccid"})))
}

// More rows than are looked at for the widths come back in their order, and
// the same records make the same bytes.
func TestManyRows(t *testing.T) {
	record := []string{"", "x"}
	records := func() []byte {
		var out bytes.Buffer
		w, err := New(&out, Options{})
		require.NoError(t, err)
		defer w.Close()
		for i := range 3 * sampled {
			record[0] = fmt.Sprint(i)
			require.NoError(t, w.Write(record))
		}
		require.NoError(t, w.Flush())
		return out.Bytes()
	}
	content := records()
	require.Equal(t, content, records())
	back := readBack(t, content)
	require.Len(t, back, 3*sampled)
	for i, cells := range back {
		require.Equal(t, []string{fmt.Sprint(i), "x"}, cells)
	}
}

func TestLimits(t *testing.T) {
	w, err := New(&bytes.Buffer{}, Options{})
	require.NoError(t, err)
	defer w.Close()
	require.ErrorContains(t, w.Write(make([]string, MaxColumns+1)), "16384 columns")
	w.rows = MaxRows
	require.ErrorContains(t, w.Write([]string{"x"}), "1048576 rows")

	for name, text := range map[string]string{
		"short": strings.Repeat("x", excelize.TotalCellChars), "wide": strings.Repeat("ä", excelize.TotalCellChars),
	} {
		require.Equal(t, text, fitting(text), name)
	}
	for name, text := range map[string]string{
		"long": strings.Repeat("x", excelize.TotalCellChars+1), "wide": strings.Repeat("ä", excelize.TotalCellChars+1),
		"pairs": strings.Repeat("🚚", excelize.TotalCellChars/2+1),
	} {
		back := readBack(t, write(t, Options{}, []string{text}))[0][0]
		require.True(t, strings.HasSuffix(back, cut), name)
		require.True(t, strings.HasPrefix(text, strings.TrimSuffix(back, cut)), name)
	}
}

type fullDisk struct{}

var errFull = errors.New("no space left on device")

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestFullDisk(t *testing.T) {
	w, err := New(fullDisk{}, Options{})
	require.NoError(t, err)
	defer w.Close()
	require.NoError(t, w.Write([]string{"iccid"}))
	require.ErrorIs(t, w.Flush(), errFull)
}

// FuzzWrite: any text comes back, save for what XML cannot say.
func FuzzWrite(f *testing.F) {
	f.Add("8944500000000700019", "=1+1")
	f.Add("_x0041_", "\r\n\t ")
	f.Add("\x00\xff", "]]> &amp;")
	f.Fuzz(func(t *testing.T, a, b string) {
		back := readBack(t, write(t, Options{}, []string{"x", a, b, "y"}))
		cells := append([]string{}, back[0]...)
		require.Len(t, cells, 4)
		require.Equal(t, []string{"x", "y"}, []string{cells[0], cells[3]})
		for i, text := range []string{a, b} {
			if strings.ToValidUTF8(text, "") == text && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r >= 0xFFFE && r <= 0xFFFF }) {
				require.Equal(t, text, cells[i+1])
			}
		}
	})
}
