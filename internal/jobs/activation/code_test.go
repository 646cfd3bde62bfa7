package activation

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]Code{
		"LPA:1$smdp.example.com$K2-1A2B3C":                          {Address: "smdp.example.com", MatchingID: "K2-1A2B3C"},
		"LPA:1$smdp.example.com$":                                   {Address: "smdp.example.com"},
		"LPA:1$SMDP.GSMA.COM$04386-agyft$1.3.6.1.4.1.31746":         {Address: "SMDP.GSMA.COM", MatchingID: "04386-agyft"},
		"LPA:1$smdp.gsma.com$04386$1.3.6.1.4.1.31746$1":             {Address: "smdp.gsma.com", MatchingID: "04386", Confirms: true},
		"LPA:1$smdp.gsma.com$04386$$1":                              {Address: "smdp.gsma.com", MatchingID: "04386", Confirms: true},
		"LPA:1$smdp.gsma.com$04386$$0":                              {Address: "smdp.gsma.com", MatchingID: "04386"},
		"LPA:1$smdp.gsma.com$04386$$":                               {Address: "smdp.gsma.com", MatchingID: "04386"},
		"LPA:1$smdp.gsma.com$04386$$1$whatever comes later$1":       {Address: "smdp.gsma.com", MatchingID: "04386", Confirms: true},
		"LPA:1$1-2.3com.x9$A":                                       {Address: "1-2.3com.x9", MatchingID: "A"},
		"LPA:1$a.bc$" + strings.Repeat("9", longest-len("1$a.bc$")): {Address: "a.bc", MatchingID: strings.Repeat("9", longest-len("1$a.bc$"))},
	} {
		want.Text = text
		got, err := Parse(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got)
	}
}

func TestParseRefuses(t *testing.T) {
	for text, says := range map[string]string{
		"":                                             "LPA:",
		"n/a - ask support":                            "LPA:",
		"https://esim.example.com/install":             "LPA:",
		"1$smdp.example.com$K2":                        "LPA:",
		"lpa:1$smdp.example.com$K2":                    "LPA:",
		" LPA:1$smdp.example.com$K2":                   "LPA:",
		"LPA:1$n/a - ask support":                      "missing",
		"LPA:1$smdp.example.com":                       "missing",
		"LPA:":                                         "format",
		"LPA:2$smdp.example.com$K2":                    "format",
		"LPA:smdp.example.com$K2":                      "format",
		"LPA: 1$smdp.example.com$K2":                   "format",
		"LPA:1$$K2":                                    "host name",
		"LPA:1$smdp$K2":                                "host name",
		"LPA:1$https://smdp.example.com$K2":            "host name",
		"LPA:1$smdp.example.com:443$K2":                "host name",
		"LPA:1$smdp.example.com/x$K2":                  "host name",
		"LPA:1$smdp.example.com.$K2":                   "host name",
		"LPA:1$smdp..com$K2":                           "host name",
		"LPA:1$-smdp.example.com$K2":                   "host name",
		"LPA:1$smdp_1.example.com$K2":                  "host name",
		"LPA:1$smdp.exämple.com$K2":                    "host name",
		"LPA:1$192.0.2.1$K2":                           "host name",
		"LPA:1$" + strings.Repeat("a", 64) + ".com$K2": "host name",
		"LPA:1$smdp.example.com$K2 ":                   "matching ID",
		"LPA:1$smdp.example.com$K2\n":                  "matching ID",
		"LPA:1$smdp.example.com$K_2":                   "matching ID",
		"LPA:1$smdp.example.com$К2":                    "matching ID", // Cyrillic
		"LPA:1$smdp.example.com$K2$x":                  "OID",
		"LPA:1$smdp.example.com$K2$1..2":               "OID",
		"LPA:1$smdp.example.com$K2$$2":                 "flag",
		"LPA:1$smdp.example.com$K2$$ ":                 "flag",
		"LPA:1$smdp.example.com$K2$$0 1":               "flag",
		"LPA:1$a.bc$" + strings.Repeat("9", longest):   "255",
	} {
		_, err := Parse(text)
		require.ErrorContains(t, err, says, text)
	}
}

func TestComplete(t *testing.T) {
	for text, want := range map[string]string{
		"LPA:1$smdp.example.com$K2": "LPA:1$smdp.example.com$K2",
		"1$smdp.example.com$K2":     "LPA:1$smdp.example.com$K2",
		"smdp.example.com$K2":       "LPA:1$smdp.example.com$K2",
		"LPA:2$x":                   "LPA:2$x",
		"Smdp.Example.com$k2$$1":    "LPA:1$Smdp.Example.com$k2$$1",
	} {
		require.Equal(t, want, Complete(text))
	}
}

func TestSame(t *testing.T) {
	code := func(text string) Code {
		c, err := Parse(Complete(text))
		require.NoError(t, err)
		return c
	}
	a := code("smdp.example.com$K2")
	for text, want := range map[string]bool{
		"LPA:1$smdp.example.com$K2": true, "SMDP.Example.COM$K2": true, "smdp.example.com$K2$1.2$1": true,
		"smdp.example.com$k2": false, "smdp.example.com$": false, "smdp2.example.com$K2": false,
	} {
		require.Equal(t, want, a.Same(code(text)), text)
	}
}

// No error holds anything of a code.
func FuzzParse(f *testing.F) {
	f.Add("LPA:1$smdp.example.com$K2-1A2B3C$1.2$1")
	f.Add("n/a - ask support")
	f.Fuzz(func(t *testing.T, text string) {
		code, err := Parse(text)
		if err != nil {
			require.Zero(t, code)
			return
		}
		require.Equal(t, text, code.Text)
		require.Equal(t, text, Complete(text))
		require.True(t, code.Same(code))
		require.True(t, strings.HasPrefix(text, "LPA:1$"+code.Address+"$"+code.MatchingID))
	})
}
