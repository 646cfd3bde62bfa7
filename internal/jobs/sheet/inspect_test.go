package sheet

import (
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// inspected learns and judges a file.
func inspected(content string) (Encoding, string, error) {
	var f Facts
	_, _ = f.Write([]byte(content))
	return Inspect(iotest.HalfReader(strings.NewReader(content)), &f)
}

func utf16le(text string) string {
	var b strings.Builder
	b.WriteString("\xFF\xFE")
	for _, r := range text {
		b.WriteByte(byte(r))
		b.WriteByte(byte(r >> 8))
	}
	return b.String()
}

func TestDamage(t *testing.T) {
	ascii := strings.Repeat("8944500102030001010,query_status,Kiel\n", 99)
	for _, c := range []struct {
		name, content string
		line, column  int
		says          string
	}{
		{"one stray byte in UTF-8", "Köln\nZürich\nM\xFCnchen\n", 3, 2, "the byte FC is not UTF-8, which the rest of the file is (1 of its 3 lines"},
		{"a stray byte beside good letters in one line", "Zürich, M\xFCnchen\nKöln\n", 1, 10, "the byte FC is not UTF-8"},
		{"two encodings, one file after the other", strings.Repeat("K\xF6ln\n", 50) + strings.Repeat("Köln\n", 50), 1, 2, "50 of its 100 lines"},
		{"one stray byte in ASCII", ascii + "K\xF6ln\n", 100, 2, "only 1 of its 100 lines"},
		{"marked as UTF-8 and not", "\xEF\xBB\xBFiccid\nK\xF6ln\n", 2, 2, "marked as UTF-8"},
		{"in the first line of a marked file", "\xEF\xBB\xBFK\xF6ln\n", 1, 2, "marked as UTF-8"},
		{"neither UTF-8 nor Windows-1252", "K\xF6ln\nM\x81nchen\n", 2, 2, "the byte 81 is neither"},
		{"cut in a character", "iccid\nKö"[:len("iccid\nKö")-1], 2, 2, "ends in the middle of a character"},
		{"NUL bytes at the end", ascii + "8944\x00\x00\x00\x00", 100, 5, "NUL bytes"},
		{"NUL bytes in the middle", "ab\x00c\n", 1, 3, "NUL bytes"},
		{"a NUL byte and a stray one", "K\xF6ln\na\x00\n", 2, 2, "NUL bytes"},
		{"UTF-16 without a mark", utf16le("iccid\n")[2:], 1, 1, "UTF-16 without a byte order mark"},
		{"UTF-16 of an odd length", utf16le("iccid\nab") + "c", 2, 3, "ends in the middle of a character"},
		{"UTF-16 cut between the halves of a character", utf16le("a") + "\x3D\xD8", 1, 2, "ends in the middle of a character"},
		{"UTF-16 with a second half alone", utf16le("a") + "\x00\xDC", 1, 2, "half a character"},
		{"UTF-16 with a first half alone", utf16le("a") + "\x3D\xD8b\x00", 1, 2, "half a character"},
		{"UTF-16 with NUL", utf16le("a\nb") + "\x00\x00", 2, 2, "NUL characters"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := inspected(c.content)
			var damage *Damage
			require.ErrorAs(t, err, &damage)
			require.Equal(t, []int{c.line, c.column}, []int{damage.Line, damage.Column}, damage.Error())
			require.Contains(t, damage.Text, c.says)
			require.NotEmpty(t, damage.Hint)
		})
	}
}

func TestUndamaged(t *testing.T) {
	for _, c := range []struct {
		name, content string
		encoding      Encoding
		note          string
	}{
		{"UTF-8", "Köln\n", UTF8, ""},
		{"Windows-1252", "site\nK\xF6ln\nM\xFCnchen\n", Windows1252, "from line 2, column 2 on"},
		{"Windows-1252 in a few rows in a hundred", strings.Repeat("Kiel\n", 95) + strings.Repeat("K\xF6ln\n", 5), Windows1252, "from line 96, column 2 on"},
		{"Windows-1252 that once looks like UTF-8", strings.Repeat("K\xF6ln\n", 50) + "\xC3\xA4\n", Windows1252, "from line 1"},
		{"a mark alone", "\xEF\xBB\xBF", UTF8Marked, ""},
		{"UTF-16", utf16le("Köln\n"), UTF16LE, ""},
		{"a character of two halves", utf16le("a") + "\x3D\xD8\x42\xDE", UTF16LE, ""},
		{"the end-of-file mark of DOS", "Köln\n\x1A", UTF8, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			encoding, note, err := inspected(c.content)
			require.NoError(t, err)
			require.Equal(t, c.encoding, encoding)
			require.Contains(t, note, c.note)
			require.Equal(t, c.note == "", note == "")
		})
	}
}

// However the bytes are cut, what is learned of their end is that of the whole.
func TestFactsOfTheEnd(t *testing.T) {
	for _, c := range []struct {
		content string
		size    int
		ended   bool
	}{
		{"", 0, true}, {"a", 1, false}, {"a\n", 2, true}, {"a\n\x1A", 2, true}, {"a\x1A", 1, false}, {"a\n\x1A\x1A\x1A", 2, true}, {"\x1A", 0, true}, {"a\x1Ab", 3, false},
		{utf16le("a\n"), 6, true}, {utf16le("a"), 4, false}, {"\xFE\xFF\x00\n", 4, true}, {"\xFE\xFF\n\x00", 4, false},
	} {
		for size := 1; size <= 4; size++ {
			var f Facts
			for piece := range slices.Chunk([]byte(c.content), size) {
				_, _ = f.Write(piece)
			}
			require.EqualValues(t, c.size, f.Size(), "%q in pieces of %d", c.content, size)
			require.Equal(t, c.ended, f.Ended(), "%q in pieces of %d", c.content, size)
		}
	}
}

// A file is Plain exactly where it is UTF-8 without NUL, and then [Inspect] has
// nothing to say; whatever the bytes, it ends, and a place that it names is there.
func TestInspectAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOf(rapid.OneOf(
			rapid.SampledFrom([]string{"Kiel\n", "Köln\n", "K\xF6ln\n", "\x00", "\x1A", "\xFF\xFE", "\xEF\xBB\xBF", "\xC3", "\x81"}),
			rapid.String(),
		)).Draw(t, "parts")
		content := strings.Join(parts, "")
		encoding, note, err := inspected(content)
		if err != nil {
			damage := err.(*Damage)
			require.Positive(t, damage.Line)
			require.Positive(t, damage.Column)
			require.LessOrEqual(t, damage.Line, strings.Count(content, "\n")+1)
			return
		}
		require.Equal(t, encoding == Windows1252, note != "")
		if encoding == UTF8 || encoding == UTF8Marked {
			require.NotContains(t, content, "\x00")
			require.True(t, strings.ToValidUTF8(content, "") == content)
		}
	})
}
