package jobs

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseICCID(t *testing.T) {
	const want = "8944500000000700019"
	for name, text := range map[string]string{
		"clean":                     want,
		"spaces around":             "  " + want + " ",
		"tab and no-break space":    "\t\u00a0" + want + "\u00a0",
		"zero-width and byte mark":  "\ufeff\u200b" + want + "\u200b",
		"inner spaces":              "89445 00000 00070 0019",
		"inner no-break spaces":     "89445\u00a000000\u202f00070\u20090019",
		"inner dashes":              "8944-5000-0000-0700-019",
		"typographic dashes":        "8944–5000—0000‑0700-019",
		"spaces and dashes":         "8944 - 50000000070 0019",
		"apostrophe":                "'" + want,
		"space and apostrophe":      " '" + want,
		"formula":                   `="` + want + `"`,
		"formula with spaces":       ` =" ` + want + ` " `,
		"apostrophe before formula": `'="` + want + `"`,
		"apostrophe inside formula": `="'` + want + `"`,
		"filler":                    want + "F",
		"small filler":              want + "f",
		"filler and space":          want + " F ",
		"all at once":               ` '="8944-5000 0000 0700019F" `,
	} {
		t.Run(name, func(t *testing.T) {
			got, fault := ParseICCID(text)
			require.Nil(t, fault)
			require.Equal(t, ICCID(want), got)
		})
	}
	got, fault := ParseICCID("89445000000007000190")
	require.Nil(t, fault)
	require.Len(t, string(got), 20)
}

func TestParseICCIDFaults(t *testing.T) {
	for _, c := range []struct {
		name, text string
		code       Code
		says       string
	}{
		{"empty", "", ICCIDFormat, "The iccid is empty. Fill it in."},
		{"only spaces", " \u00a0\u200b ", ICCIDFormat, "is empty"},
		{"only a formula", `=""`, ICCIDFormat, "is empty"},
		{"18 digits", "894450000000070001", ICCIDFormat, "The iccid has 18 digits; an ICCID has 19 or 20. Correct it in the file."},
		{"18 digits and filler", "894450000000070001F", ICCIDFormat, "has 18 digits"},
		{"1 digit", "8", ICCIDFormat, "has 1 digit;"},
		{"21 digits", strings.Repeat("8", 21), ICCIDFormat, "has 21 digits"},
		{"letter O", "89445O0000000700019", ICCIDFormat, `has "O" in it`},
		{"decimal point", "8944500000000700019.0", ICCIDFormat, `has "." in it`},
		{"minus sign", "-8944500000000700019", ICCIDFormat, `has "-" in it`},
		{"trailing dash", "8944500000000700019-", ICCIDFormat, `has "-" in it`},
		{"Arabic digits", "٨٩٤٤٥٠٠٠٠٠٠٠٠٧٠٠٠١٩", ICCIDFormat, "U+0668"},
		{"full-width digit", "8944500000000700019"[:18] + "９", ICCIDFormat, "U+FF19"},
		{"control character", "89445\x000000000700019", ICCIDFormat, "U+0000"},
		{"inner filler", "8944F500000000700019", ICCIDFormat, `has "F" in it`},
		{"two ICCIDs", "8944500000000700019,8944500000000700027", ICCIDFormat, `has "," in it`},
		{"scientific", "8.94412E+18", ICCIDScientific, "8.94412E+18 is what a spreadsheet made"},
		{"scientific with comma", "8,94412E+18", ICCIDScientific, "formatted as text"},
		{"scientific, small e", "8.94412e+18", ICCIDScientific, ""},
		{"scientific, no sign", "8.94412E18", ICCIDScientific, ""},
		{"scientific, no fraction", "9E+18", ICCIDScientific, ""},
		{"scientific, spaces", " 8.94412E+18 ", ICCIDScientific, ""},
		{"scientific in a formula", `="8.94412E+18"`, ICCIDScientific, ""},
		{"no number before E", "E+18", ICCIDFormat, ""},
		{"no number after E", "8.9E", ICCIDFormat, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, fault := ParseICCID(c.text)
			require.NotNil(t, fault)
			require.Empty(t, got)
			require.Equal(t, Invalid, fault.Outcome)
			require.Equal(t, c.code, fault.Code)
			require.Contains(t, fault.Text, c.says)
		})
	}
}

func TestLuhn(t *testing.T) {
	for i, want := range map[ICCID]bool{
		"8944500000000700019":  true,
		"8944500000000700018":  false,
		"89310840000000012345": true,
		"89310840000000012354": false, // two digits swapped
		"0000000000000000000":  true,
		"89148000000745809013": true,
	} {
		require.Equal(t, want, i.LuhnOK(), i)
	}
}

func TestLooksRounded(t *testing.T) {
	for i, want := range map[ICCID]bool{
		"8944500000123450000":  true,
		"89445000001234500000": true,
		"8944500000123450001":  false,
		"89445000001234510000": false,
		"":                     false,
	} {
		require.Equal(t, want, i.LooksRounded(), i)
	}
}

func TestParseICCIDCostsNothingWhereItIsClean(t *testing.T) {
	require.Zero(t, testing.AllocsPerRun(100, func() {
		i, _ := ParseICCID("8944500000000700019")
		_ = i.LuhnOK() && i.LooksRounded()
	}))
}

func FuzzParseICCID(f *testing.F) {
	for _, seed := range []string{
		"", "8944500000000700019", ` '="8944-5000 0000 0700019F" `, "8.94412E+18", "8,94412E+18", `=""`, `="`, "'",
		"89445\u00a000000\u202f00070\u20090019", "F", "--", "٨٩", "\xff\xfe",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		i, fault := ParseICCID(text)
		if fault != nil {
			require.Empty(t, i)
			require.Equal(t, Invalid, fault.Outcome)
			require.Contains(t, []Code{ICCIDFormat, ICCIDScientific}, fault.Code)
			require.NotEmpty(t, fault.Text)
			return
		}
		require.Regexp(t, `^[0-9]{19,20}$`, string(i))
		again, fault := ParseICCID(string(i))
		require.Nil(t, fault)
		require.Equal(t, i, again)
		kept := strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, text)
		require.Equal(t, kept, string(i), "no digit is lost, added or moved")
	})
}

// Two spellings of a number, with and without its check digit, are one SIM;
// nothing else is.
func TestSIM(t *testing.T) {
	for _, c := range []struct {
		name, a, b string
		same       bool
	}{
		{"with and without the check digit", "8944500000000700019", "89445000000007000194", true},
		{"another last digit", "8944500000000700019", "89445000000007000193", false},
		{"itself", "89445000000007000194", "89445000000007000194", true},
		{"two of 20 digits", "89445000000007000194", "89445000000007000193", false},
		{"two of 19 digits", "8944500000000700019", "8944500000000700018", false},
		{"check digit within the 19", "8944500000000700019", "8944500000000700027", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, fault := ParseICCID(c.a)
			require.Nil(t, fault)
			b, fault := ParseICCID(c.b)
			require.Nil(t, fault)
			require.Equal(t, c.same, a.SIM() == b.SIM())
		})
	}
}
