package formula

import (
	"encoding/csv"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGuard(t *testing.T) {
	for text, want := range map[string]string{
		"":                    "",
		" ":                   " ",
		"\ufeff":              "\ufeff",
		"active":              "active",
		"1-1":                 "1-1",
		"a=b":                 "a=b",
		"é-":                  "é-",
		"LPA:1$a.b$C-D":       "LPA:1$a.b$C-D",
		"=1":                  "'=1",
		"+1":                  "'+1",
		"-1":                  "'-1",
		"@a":                  "'@a",
		"\r=1":                "'\r=1",
		"  =1":                "'  =1",
		"\ufeff=1":            "'\ufeff=1",
		"\u00a0-":             "'\u00a0-",
		"＝1":                  "'＝1",
		"＠":                   "'＠",
		"'=1":                 "'=1",
		`"=1`:                 `"=1`,
		"no,=1":               "no,'=1",
		"no;=cmd|'/C calc'!A": "no;'=cmd|'/C calc'!A",
		"no; \u200b-1; ok":    "no;' \u200b-1; ok",
		`no;"=1";yes`:         `no;'"=1";yes`,
		"no|@a|b":             "no|'@a|b",
		"=1;=2":               "'=1;'=2",
		";;=1":                ";;'=1",
		"a,b;c|d":             "a,b;c|d",
		`{"max":-1,"min":1}`:  `{"max":-1,"min":1}`,
		"invalid; give x=1":   "invalid; give x=1",
		"\t=1":                "\t'=1",
	} {
		require.Equal(t, want, Guard(text), "%q", text)
		require.Equal(t, want, Guard(want), "%q, once more", text)
		if !strings.HasPrefix(text, "'") {
			require.Equal(t, text, Strip(want), "%q, back", text)
		}
	}
}

// However a spreadsheet splits a line of a result file, no cell of it is a
// formula where the text was guarded.
func FuzzGuard(f *testing.F) {
	for _, text := range []string{"=1", `a;"=1";b`, `a""=1`, ",\"\"=1", "\t-1", "x|+1", "';=1", "\"\n;=1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.NewReplacer("\n", " ", "\r", " ").Replace(text)
		guarded := Guard(text)
		require.Equal(t, guarded, Guard(guarded))
		var line strings.Builder
		w := csv.NewWriter(&line)
		require.NoError(t, w.Write([]string{"8944", guarded, "end"}))
		w.Flush()
		for _, separator := range ",;|\t" {
			r := csv.NewReader(strings.NewReader(line.String()))
			r.Comma, r.LazyQuotes, r.FieldsPerRecord = separator, true, -1
			for {
				cells, err := r.Read()
				if err == io.EOF {
					break
				}
				require.NoError(t, err)
				for _, cell := range cells {
					require.False(t, runs(cell, false), "split at %q: %q", separator, cell)
				}
			}
		}
	})
}
