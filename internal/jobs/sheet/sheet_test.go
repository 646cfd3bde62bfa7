package sheet

import (
	"bytes"
	"encoding/csv"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	_ "bulk/internal/jobs/dicetest" // BULK_SEED
)

func TestFacts(t *testing.T) {
	for _, c := range []struct {
		name, bytes, text string
		encoding          Encoding
		formulas          bool
	}{
		{"empty", "", "", UTF8, false},
		{"ASCII", "abc", "abc", UTF8, false},
		{"UTF-8", "Orléans 漢字 🙂", "Orléans 漢字 🙂", UTF8, false},
		{"marked", "\xEF\xBB\xBFé", "é", UTF8Marked, false},
		{"Windows-1252", "Orl\xE9ans \x80", "Orléans €", Windows1252, false},
		{"UTF-16 little", "\xFF\xFEa\x00\xE9\x00", "aé", UTF16LE, true},
		{"UTF-16 big", "\xFE\xFF\x00a\x00\xE9", "aé", UTF16BE, true},
		{"formula", `a,="1"`, `a,="1"`, UTF8, true},
		{"only a mark", "\xEF\xBB\xBF", "", UTF8Marked, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			for size := 1; size <= 4; size++ {
				var f Facts
				for piece := range slices.Chunk([]byte(c.bytes), size) {
					_, _ = f.Write(piece)
				}
				require.Equal(t, c.encoding, f.Encoding(), "in pieces of %d", size)
				require.Equal(t, c.formulas, f.Formulas(), "in pieces of %d", size)
				got, err := io.ReadAll(iotest.OneByteReader(Decode(iotest.OneByteReader(strings.NewReader(c.bytes)), f.Encoding())))
				require.NoError(t, err)
				require.Equal(t, c.text, string(got))
			}
		})
	}
}

// However the bytes are cut, validity is that of the whole.
func TestFactsInPieces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOf(rapid.OneOf(
			rapid.SliceOf(rapid.Byte()),
			rapid.Map(rapid.String(), func(s string) []byte { return []byte(s) }),
		)).Draw(t, "parts")
		var f, whole Facts
		for _, p := range parts {
			_, _ = f.Write(p)
		}
		_, _ = whole.Write(bytes.Join(parts, nil))
		require.Equal(t, whole.Encoding(), f.Encoding())
		require.Equal(t, whole.Formulas(), f.Formulas())
	})
}

func TestRequote(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"bare", `="1",b`, `"=""1""",b`},
		{"last field", `a,="1"`, `a,"=""1"""`},
		{"line ends", "=\"1\"\n=\"2\"\r\n=\"3\"", "\"=\"\"1\"\"\"\n\"=\"\"2\"\"\"\r\n\"=\"\"3\"\"\""},
		{"spaces around", ` ="1" ,b`, `" =""1"" ",b`},
		{"empty", `="",b`, `"=""""",b`},
		{"inner quotes", `="a""b",c`, `"=""a""""b""",c`},
		{"already quoted", `"=""1""",b`, `"=""1""",b`},
		{"inside a quoted field", "\"x,=\"\"1\"\",\n=\"\"2\"\"\",b", "\"x,=\"\"1\"\",\n=\"\"2\"\"\",b"},
		{"after a field of two lines", "\"x\ny\",=\"1\"", "\"x\ny\",\"=\"\"1\"\"\""},
		{"not at the beginning", `a="1",b`, `a="1",b`},
		{"delimiter inside", `="1,2",b`, `="1,2",b`},
		{"never closed", "=\"1,b\n", "=\"1,b\n"},
		{"text after it", `="1"x,b`, `="1"x,b`},
		{"no quotes", "a,b\n", "a,b\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, src := range []io.Reader{strings.NewReader(c.in), iotest.OneByteReader(strings.NewReader(c.in))} {
				got, err := io.ReadAll(newRequoter(src, ','))
				require.NoError(t, err)
				require.Equal(t, c.want, string(got))
			}
		})
	}
	long := strings.Repeat("x", 2*bigBuffer)
	got, err := io.ReadAll(newRequoter(strings.NewReader(`"`+long+`",="1"`+"\n"+long), ','))
	require.NoError(t, err)
	require.Equal(t, `"`+long+`","=""1"""`+"\n"+long, string(got))
}

// What encoding/csv reads without the filter, it reads alike with it.
func TestRequoteLeavesGoodFilesAlone(t *testing.T) {
	cell := rapid.StringMatching(`[a=" ,;\n']{0,8}`)
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.SliceOfN(cell, 2, 4), 1, 5).Draw(t, "rows")
		var text bytes.Buffer
		w := csv.NewWriter(&text)
		require.NoError(t, w.WriteAll(rows))
		plain, err := NewReader(strings.NewReader(text.String()), ',', false).ReadAll()
		require.NoError(t, err)
		filtered, err := NewReader(strings.NewReader(text.String()), ',', true).ReadAll()
		require.NoError(t, err)
		require.Equal(t, plain, filtered)
	})
}

func TestFindHead(t *testing.T) {
	known := func(names []string) bool { return slices.Contains(names, "iccid") }
	for _, c := range []struct {
		name, text string
		given      rune
		want       Head
		ok         bool
	}{
		{"comma", "iccid,a;b\n", 0, Head{',', []string{"iccid", "a;b"}, 1, 1}, true},
		{"semicolon", "iccid;a,b\n", 0, Head{';', []string{"iccid", "a,b"}, 1, 1}, true},
		{"tab", "x\ticcid\n", 0, Head{'\t', []string{"x", "iccid"}, 1, 1}, true},
		{"bar", "x|iccid", 0, Head{'|', []string{"x", "iccid"}, 1, 1}, true},
		{"one column", "iccid\n8,9\n", 0, Head{',', []string{"iccid"}, 1, 1}, true},
		{"most fields", "iccid,\"a;b;c\",d\n", 0, Head{',', []string{"iccid", "a;b;c", "d"}, 1, 1}, true},
		{"given", "iccid#a,b\n", '#', Head{'#', []string{"iccid", "a,b"}, 1, 1}, true},
		{"sep line", "sep=#\r\niccid#a\r\n", 0, Head{'#', []string{"iccid", "a"}, 2, 2}, true},
		{"given overrides sep line", "SEP=;\niccid,a\n", ',', Head{',', []string{"iccid", "a"}, 2, 2}, true},
		{"empty records first", "\n;;\n\niccid;a\n", 0, Head{';', []string{"iccid", "a"}, 4, 2}, true},
		{"header over two lines", "\"a\nb\";iccid\n", 0, Head{';', []string{"a\nb", "iccid"}, 1, 1}, true},
		{"unknown", "a;b\n", 0, Head{';', []string{"a", "b"}, 1, 1}, false},
		{"empty", "\n\n", 0, Head{',', nil, 0, 0}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			head, ok, err := FindHead([]byte(c.text), c.given, false, known)
			require.NoError(t, err)
			require.Equal(t, c.ok, ok)
			if c.want.Names == nil {
				require.Nil(t, head.Names)
				return
			}
			require.Equal(t, c.want, head)
		})
	}
	_, ok, err := FindHead([]byte(`ic"cid,a`), 0, false, known)
	require.False(t, ok)
	require.ErrorIs(t, err, csv.ErrBareQuote)
}

func TestUnwrap(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "a": "a", " a b ": "a b", "'0042": "0042", `="0042"`: "0042", ` ="0042" `: "0042",
		"\ufeff\u00a0x\u200b": "x", `="a""b"`: `a"b`, `=""`: "", "''x": "'x", "é": "é", "=A1": "=A1",
	} {
		require.Equal(t, want, Unwrap(in), "%q", in)
	}
}

func TestValidDelimiter(t *testing.T) {
	for _, d := range Delimiters {
		require.True(t, ValidDelimiter(d))
	}
	for _, d := range "\"\r\n =a0'é\x00" {
		require.False(t, ValidDelimiter(d), "%q", d)
	}
}
