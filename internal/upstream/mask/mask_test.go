package mask_test

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	_ "bulk/internal/jobs/dicetest" // BULK_SEED
	"bulk/internal/upstream/mask"
)

func TestMaskWords(t *testing.T) {
	m := mask.New("p&ss <w>\"rd", "", "key-0123")
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
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, m.Words(c.in)) })
	}
}

func TestMaskShortens(t *testing.T) {
	text := mask.Mask{}.Words(strings.Repeat("ä", 1000))
	require.Equal(t, 300, utf8.RuneCountInString(text))
	require.True(t, strings.HasSuffix(text, "ä…"))

	// A secret across the cut is hidden, not halved.
	text = mask.New("password").Words(strings.Repeat("x", 295) + "password")
	require.NotContains(t, text, "pass")
}

// spellings are the ways in which an upstream may spell a text back.
var spellings = map[string]func(string) string{
	"as it is": func(s string) string { return s },
	"XML":      func(s string) string { var b strings.Builder; _ = xml.EscapeText(&b, []byte(s)); return b.String() },
	"HTML":     html.EscapeString,
	"HTML, &quot;": func(s string) string {
		return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;").Replace(s)
	},
	"numeric entities": func(s string) string {
		return each(s, func(r rune) string { return fmt.Sprintf("&#x%x;", r) })
	},
	"JSON":       func(s string) string { b, _ := json.Marshal(s); return string(b[1 : len(b)-1]) },
	"JavaScript": func(s string) string { return each(s, func(r rune) string { return fmt.Sprintf(`\u{%x}`, r) }) },
	"JSON, all":  func(s string) string { return each(s, func(r rune) string { return fmt.Sprintf(`\u%04X`, r) }) },
	"Go":         func(s string) string { q := strconv.Quote(s); return q[1 : len(q)-1] },
	"Go, ASCII":  func(s string) string { q := strconv.QuoteToASCII(s); return q[1 : len(q)-1] },
	"Go, bytes":  func(s string) string { return bytewise(s, `\x%02x`) },
	"octal":      func(s string) string { return bytewise(s, `\%03o`) },
	"a query":    url.QueryEscape,
	"a path":     url.PathEscape,
	"URL, all":   func(s string) string { return bytewise(s, "%%%02x") },
}

func each(s string, spell func(rune) string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteString(spell(r))
	}
	return b.String()
}

func bytewise(s, format string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		fmt.Fprintf(&b, format, c)
	}
	return b.String()
}

// TestHoweverItIsSpelled: two escapes over each other, cut anywhere that leaves
// eight characters, in any words: nothing of a secret is left to read.
func TestHoweverItIsSpelled(t *testing.T) {
	names := slices.Sorted(maps.Keys(spellings))
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.StringOfN(rapid.RuneFrom([]rune(`abcXYZ019-._&<>"'\/%+éß€$`)), 8, 24, -1).Draw(t, "secret")
		runes := []rune(secret)
		from := rapid.IntRange(0, len(runes)-8).Draw(t, "from")
		part := string(runes[from:rapid.IntRange(from+8, len(runes)).Draw(t, "to")])
		spelled := part
		spelled = rapid.SampledFrom([]func(string) string{strings.Clone, strings.ToUpper, strings.ToLower}).Draw(t, "case")(spelled)
		if rapid.Bool().Draw(t, "broken up") {
			spelled = strings.Join(strings.Split(spelled, ""), "\n")
		}
		for range rapid.IntRange(1, 2).Draw(t, "times") {
			spelled = spellings[rapid.SampledFrom(names).Draw(t, "spelling")](spelled)
		}
		m := mask.New("another one", secret)
		words := m.Line("it was: " + spelled + " :that was it")
		require.Equal(t, "it was: *** :that was it", words, "%q in %q", part, secret)
		if part == secret {
			require.True(t, m.Holds("x"+spelled), spelled)
		}
	})
}

// TestPartsAndBytes: eight characters count with the spaces among them, bytes of
// Latin-1 are characters, and nothing hides behind what is not printed.
func TestPartsAndBytes(t *testing.T) {
	m := mask.New("one two three", "passw\u00f6rt1")
	for in, want := range map[string]string{
		"say 'e two th'":                                 "say '***'",
		"say 'e two t'":                                  "say 'e two t'",
		"say 'e  two\tth'":                               "say '***'",
		"it is passw\xf6rt1":                             "it is ***",
		"it is passw%F6rt1":                              "it is ***",
		"it is passw%f6r":                                "it is passw%f6r",
		"code LP\x00A:1$smdp.example.com$ABC is":         "code *** is",
		"code LPA:1$smdp\x00.example.com$ABC is":         "code *** is",
		"code LPA&#58;1&#36;smdp.example.com&#36;ABC is": "code *** is",
	} {
		require.Equal(t, want, m.Words(in), "%q", in)
	}
}

func TestEncodedSecrets(t *testing.T) {
	const secret = "p&ss <w>\"rd/9"
	m := mask.New(secret)
	for _, user := range []string{"", "u:", "us:", "use:", "user:"} {
		for name, e := range map[string]*base64.Encoding{"std": base64.StdEncoding, "url": base64.URLEncoding, "raw": base64.RawStdEncoding} {
			text := e.EncodeToString([]byte(user + secret + "\n"))
			shown := m.Words(text)
			require.Contains(t, shown, "***", name)
			require.Less(t, len(shown), 3+2*inEncoding, "%s of %s is left", shown, text)
			require.True(t, m.Holds(text), text)
		}
	}
	for _, text := range []string{hex.EncodeToString([]byte(secret)), strings.ToUpper(hex.EncodeToString([]byte(secret)))} {
		require.Equal(t, "***", m.Words(text))
		require.Equal(t, "***", m.Words(text[4:]), "cut short")
		require.True(t, m.Holds(text))
		require.False(t, m.Holds(text[4:]), "not the whole of it")
	}
}

func TestBytesOfASecret(t *testing.T) {
	const secret = "Tr0ub4dor&3"
	m := mask.New(secret)
	wide := func(order binary.AppendByteOrder) (all []byte) {
		for _, unit := range utf16.Encode([]rune(secret)) {
			all = order.AppendUint16(all, unit)
		}
		return all
	}
	for name, text := range map[string]string{
		"with colons":       bytewise(secret, ":%02x")[1:],
		"as Java has MACs":  bytewise(secret, "-%02X")[1:],
		"a dump":            bytewise(secret, " %02x")[1:],
		"C":                 bytewise(secret, ", 0x%02x")[2:],
		"C, close":          bytewise(secret, ",0x%02X")[1:],
		"spaced":            bytewise(secret, " 0x%02x")[1:],
		"UTF-16LE, hex":     hex.EncodeToString(wide(binary.LittleEndian)),
		"UTF-16BE, base64":  base64.StdEncoding.EncodeToString(wide(binary.BigEndian)),
		"UTF-16LE, base64":  base64.StdEncoding.EncodeToString(wide(binary.LittleEndian)),
		"base64 in base64":  base64.StdEncoding.EncodeToString([]byte("Basic " + base64.StdEncoding.EncodeToString([]byte(secret)))),
		"base64, then hex":  hex.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte(secret)))),
		"hex, percent sign": bytewise(secret, "%%%02X"),
	} {
		shown := m.Words("bad login " + text + " for SIM 8944500102030001010")
		require.Contains(t, shown, "***", name)
		require.Less(t, len(shown), len("bad login  for SIM 8944500102030001010")+3+2*inEncoding, "%s: %s", name, shown)
		require.Contains(t, shown, "8944500102030001010", name)
		require.True(t, m.Holds(text), name)
	}
}

// inEncoding is how many characters of base64 may be left at either end, where
// they say as much about what stands beside the secret.
const inEncoding = 8

func TestWhatIsNotHidden(t *testing.T) {
	m := mask.New("sandbox-password", "1234")
	for _, text := range []string{
		"unknown user sandbox", "SIM 8944500000000000001 is barred", "pass wore", "a 100% \\share of &what; is 5", "sandbox", "http://a.b/c",
	} {
		require.Equal(t, text, m.Words(text))
		require.False(t, m.Holds(text), text)
	}
	require.Equal(t, "code *** is wrong", m.Words("code 1234 is wrong"), "a short one as a whole")
	require.Equal(t, "code 123 is wrong", m.Words("code 123 is wrong"))
	require.True(t, m.Holds("it is sandbox-password"))
	require.False(t, m.Holds("it is sandbox-passwor"), "not the whole of it")
	require.False(t, mask.Mask{}.Holds("anything"))
}

func FuzzMask(f *testing.F) {
	f.Add("before hunter22 after")
	f.Add("hunt\x00er22")
	f.Add("hunter\n22 LPA:1$a.b$c")
	m := mask.New("hunter22")
	f.Fuzz(func(t *testing.T, in string) {
		out := m.Words(in)
		require.NotContains(t, out, "hunter22")
		require.NotContains(t, out, "LPA:1$")
		require.LessOrEqual(t, utf8.RuneCountInString(out), 300)
		require.True(t, utf8.ValidString(out))
		require.False(t, strings.ContainsFunc(out, unicode.IsControl))
	})
}
