package sheet

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestKinds(t *testing.T) {
	for text, what := range map[string]string{
		"<html xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><body>": "HTML",
		"\n <!DOCTYPE HTML PUBLIC>\n":                                     "HTML",
		"<?xml version=\"1.0\"?>\n<!DOCTYPE html>":                        "HTML",
		"<table><tr><td>iccid":                                            "HTML",
		"<?xml version=\"1.0\"?>\n<?mso-application progid=\"Excel.Sheet\"?>\n<Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">": "SpreadsheetML",
		"<office:document xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\">":                                                    ".fods",
		"<sims><sim/></sims>":                            "XML",
		"MIME-Version: 1.0\nX-Document-Type: Workbook\n": "MHTML",
		`[{"iccid":"8944500102030001010"}]`:              "JSON",
		"{\n  \"sims\": []\n}":                           "JSON",
		"[ ]":                                            "JSON",
		`["8944500102030001010"]`:                        "JSON",
	} {
		kind, known := KindOfText([]byte(text))
		require.True(t, known, text)
		require.Contains(t, kind.What, what)
		require.NotEmpty(t, kind.Hint)
	}
	for _, text := range []string{"", "iccid,action\n", "\"iccid\",\"action\"\n", "[iccid],action\n", "{iccid};x\n", "sep=;\niccid", "a<b,iccid\n"} {
		_, known := KindOfText([]byte(text))
		require.False(t, known, text)
	}
	for start, what := range map[string]string{
		"%PDF-1.7\n": "PDF", "\x1F\x8B\x08\x00": "gzip", "SQLite format 3\x00": "SQLite", "\x09\x04\x06\x00": ".xls", "{\\rtf1": "RTF",
	} {
		kind, known := KindOfBytes([]byte(start))
		require.True(t, known, start)
		require.Contains(t, kind.What, what)
	}
	_, known := KindOfBytes([]byte("iccid,action\n"))
	require.False(t, known)
}

func TestInvisible(t *testing.T) {
	for _, r := range "\t\n\r \u00A0\u00AD\u061C\u180E\u200B\u200C\u200D\u200E\u200F\u2028\u202A\u202B\u202C\u202D\u202E\u202F\u2060\u2063\u2066\u2067\u2068\u2069\u3000\uFE0F\uFEFF\x1A" {
		require.True(t, Invisible(r), "%U", r)
	}
	for _, r := range "a0-'\"=\u0000\u0007é漢\uFFFD" {
		require.False(t, Invisible(r), "%U", r)
	}
}

func TestHeads(t *testing.T) {
	known := func(names []string) bool {
		for _, name := range names {
			if name == "iccid" {
				return true
			}
		}
		return false
	}
	for _, c := range []struct {
		name, text    string
		delimiter     rune
		line, records int
		later         int // where FindLater finds it
	}{
		{"first", "iccid;action\n", ';', 1, 1, 1},
		{"Excel's line", "sep=|\niccid|action\n", '|', 2, 2, 2},
		{"Excel's line, quoted", "\"sep=;\"\r\niccid;action\r\n", ';', 2, 2, 2},
		{"PowerShell's line", "#TYPE Selected.PSCustomObject\r\n\"iccid\",\"action\"\r\n", ',', 2, 2, 2},
		{"titles", "SIM report,,\n,,\niccid,action\n", ',', 0, 0, 3},
		{"a title with a quote", "Report \"North\"\niccid,action\n", ',', 0, 0, 2},
		{"none", "sim,action\n1,2\n", ',', 0, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			head, ok, err := FindHead([]byte(c.text), 0, false, known)
			require.Equal(t, c.line > 0, ok && err == nil)
			if ok {
				require.Equal(t, Head{c.delimiter, []string{"iccid", "action"}, c.line, c.records}, head)
			}
			require.Equal(t, c.later, FindLater([]byte(c.text), 0, known))
		})
	}
}
