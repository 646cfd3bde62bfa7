package wire_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"bulk/internal/upstream/wire"
)

func TestMaskWords(t *testing.T) {
	mask := wire.NewMask("p&ss <w>\"rd", "", "key-0123")
	for name, c := range map[string]struct{ in, want string }{
		"empty":                     {"", ""},
		"ordinary words":            {"invalid iccid", "invalid iccid"},
		"folded to one line":        {"  too\r\n\tmany \x00\x1b[31mrequests ", "too many [31mrequests"},
		"the password":              {`no such user/p&ss <w>"rd here`, "no such user/*** here"},
		"the password as XML":       {`<password>p&amp;ss &lt;w&gt;&#34;rd</password>`, "<password>***</password>"},
		"the password in a URL":     {`?p=p%26ss+%3Cw%3E%22rd&x`, "?p=***&x"},
		"the password in JSON":      {`{"p":"p\u0026ss \u003cw\u003e\"rd"}`, `{"p":"***"}`},
		"a password broken up":      {"key-\x0001\x0223 refused", "*** refused"},
		"an activation code":        {"code LPA:1$smdp.example.com$ABC-123 is used", "code *** is used"},
		"in small letters":          {"lpa:1$smdp.example.com$ABC", "***"},
		"without its prefix":        {"'1$smdp.example.com$ABC'", "'***'"},
		"without any prefix":        {"code smdp.example.com$ABC is used", "code *** is used"},
		"as it looks in a URL":      {"/qr?c=LPA%3A1%24smdp.example.com%24ABC", "/qr?c=***"},
		"a proxy with its password": {"dial http://u:pw@proxy:3128 failed", "dial http://***@proxy:3128 failed"},
		"bytes that are not UTF-8":  {"caf\xe9", "caf\uFFFD"},
		"money is no code":          {"it costs $5", "it costs $5"},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, mask.Words(c.in)) })
	}
}

func TestMaskShortens(t *testing.T) {
	text := wire.Mask{}.Words(strings.Repeat("ä", 1000))
	require.Equal(t, 300, utf8.RuneCountInString(text))
	require.True(t, strings.HasSuffix(text, "ä…"))

	// A secret across the cut is hidden, not halved.
	text = wire.NewMask("password").Words(strings.Repeat("x", 295) + "password")
	require.NotContains(t, text, "pass")
}

func FuzzMask(f *testing.F) {
	f.Add("before hunter22 after")
	f.Add("hunt\x00er22")
	f.Add("hunter\n22 LPA:1$a.b$c")
	mask := wire.NewMask("hunter22")
	f.Fuzz(func(t *testing.T, in string) {
		out := mask.Words(in)
		require.NotContains(t, out, "hunter22")
		require.NotContains(t, out, "LPA:1$")
		require.LessOrEqual(t, utf8.RuneCountInString(out), 300)
		require.True(t, utf8.ValidString(out))
		require.False(t, strings.ContainsFunc(out, unicode.IsControl))
	})
}

func TestMaskBody(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"text":           {" Bad Gateway\n", "Bad Gateway"},
		"the title":      {"<html><head><title>502 Bad &amp; Gateway</title></head><body>x</body></html>", "502 Bad & Gateway"},
		"tags and style": {"<h1>Sorry</h1><style>p{}</style><!-- no --><p>later", "Sorry later"},
		"an open tag":    {"Sorry <a href='", "Sorry"},
		"a picture":      {"\x89PNG\r\n\x1a\n", ""},
		"binary":         {"ab\x00cd", ""},
		"nothing":        {"", ""},
		"secrets":        {`<b>p&lt;w&gt;&#34;</b> p<w>" p&lt;w&gt;&quot;`, "*** *** ***"},
		"a secret cut":   {"<!--" + strings.Repeat("x", 16<<10-15) + "-->seen long secret", "seen ***"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, wire.NewMask(`p<w>"`, "long secret").Body([]byte(c.in)))
		})
	}
}
