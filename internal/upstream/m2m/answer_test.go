package m2m

import (
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"
)

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"api_outcome": "apioutcome", "API-Outcome": "apioutcome", " Api Outcome\n": "apioutcome",
		"SUCCESS": "success", "": "", "_-_": "", "ſuccess": "ſuccess",
		"success" + strings.Repeat(" ", 90) + "not": "successnot",
	} {
		require.Equal(t, want, fold(in), in)
	}
}

func utf16le(text string) string {
	b := []byte{0xFF, 0xFE}
	for _, u := range utf16.Encode([]rune(text)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return string(b)
}

func TestParse(t *testing.T) {
	success := value{text: "success", said: true}
	for name, c := range map[string]struct {
		body, contentType string
		want              answer
	}{
		"as documented": {
			body: `<query_status_response api_id="7"><api_outcome>success</api_outcome><status>active</status></query_status_response>`,
			want: answer{root: "querystatusresponse", apiID: value{text: "7", said: true}, outcome: success, status: value{text: "active", said: true}},
		},
		"other spellings, wrapped, with space and comments": {
			body: "\ufeff<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- hello --><QueryStatusResponse API-ID=' 7 '>\n <ApiOutcome> Suc<!-- -->cess\n</ApiOutcome><sim>\n<Status><![CDATA[active]]></Status></sim></QueryStatusResponse>\n<!-- bye -->\n",
			want: answer{root: "querystatusresponse", apiID: value{text: "7", said: true}, outcome: success, status: value{text: "active", said: true}},
		},
		"a name space": {
			body: `<s:r xmlns:s="urn:x"><s:outcome>Success</s:outcome></s:r>`,
			want: answer{root: "r", outcome2: success},
		},
		"api_id as an element": {
			body: `<r><api_id>7</api_id><api_outcome>success</api_outcome></r>`,
			want: answer{root: "r", apiID: value{text: "7", said: true}, outcome: success},
		},
		"an empty api_id bears none": {
			body: `<r api_id=""><api_id/><api_outcome>success</api_outcome></r>`,
			want: answer{root: "r", outcome: success},
		},
		"error texts, nested and twice": {
			body: `<r><api_outcome>failure</api_outcome><error><code>12</code><error_description>invalid &amp; iccid</error_description></error><Reason>12</Reason></r>`,
			want: answer{root: "r", outcome: value{text: "failure", said: true}, errors: []string{"12", "invalid & iccid"}, saysError: true},
		},
		"outcomes that differ": {
			body: `<r><api_outcome>success</api_outcome><api_outcome>failure</api_outcome></r>`,
			want: answer{root: "r", outcome: value{text: "failure", said: true, disagree: true}},
		},
		"the root is no child": {
			body: `<api_outcome>success</api_outcome>`,
			want: answer{root: "apioutcome"},
		},
		"an outcome with elements in it is none": {
			body: `<r><api_outcome>success<x/></api_outcome></r>`,
			want: answer{root: "r"},
		},
		"Latin-1, declared": {
			body: "<?xml version='1.0' encoding='ISO-8859-1'?><r><api_outcome>error</api_outcome><error>gesperrt f\xfcr</error></r>",
			want: answer{root: "r", outcome: value{text: "error", said: true}, errors: []string{"gesperrt für"}, saysError: true},
		},
		"Windows-1252 by Content-Type": {
			body: "<r><api_outcome>error</api_outcome><error>5 \x80</error></r>", contentType: "text/xml; charset=Windows-1252",
			want: answer{root: "r", outcome: value{text: "error", said: true}, errors: []string{"5 €"}, saysError: true},
		},
		"UTF-16": {
			body: utf16le(`<?xml version="1.0" encoding="UTF-16"?><r><api_outcome>success</api_outcome></r>`),
			want: answer{root: "r", outcome: success},
		},
		"UTF-16 by declaration alone": {
			body: `<?xml version="1.0" encoding="utf-16"?><r><api_outcome>success</api_outcome></r>`,
			want: answer{root: "r", outcome: success},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parse([]byte(c.body), c.contentType)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestSaysError(t *testing.T) {
	for more, want := range map[string]bool{
		``: false, `<error/>`: false, `<error_code>0</error_code>`: false, `<Error-Code> 000 </Error-Code>`: false, `<errors>none</errors>`: false,
		`<error_text>SUCCESS</error_text>`: false, `<description>an error?</description>`: false, `<sim error="0"/>`: false,
		`<error>boom</error>`: true, `<error_code>5</error_code>`: true, `<error_code>00100</error_code>`: true, `<last_error>x</last_error>`: true,
		`<errors><e><text>boom</text></e></errors>`: true, `<errors><code>0</code></errors>`: false, `<error>boom<code/></error>`: true, `<error><code/>boom</error>`: true,
		`<sim error="boom"/>`: true, `<error><status>active</status></error>`: true, `<error>-</error>`: false,
	} {
		got, err := parse([]byte(outcome("success", more)), "")
		require.NoError(t, err)
		require.Equal(t, want, got.saysError, more)
	}
}

func TestParseFails(t *testing.T) {
	whole := `<r api_id="7"><api_outcome>success</api_outcome><status>active</status></r>`
	for i := 3; i < len(whole); i++ {
		_, err := parse([]byte(whole[:i]), "")
		require.Error(t, err, whole[:i])
		if i >= len(`<r api_id="7">`) {
			require.ErrorIs(t, err, errCut, whole[:i])
		}
	}
	for name, body := range map[string]string{
		"empty":                  "",
		"space":                  " \n",
		"text":                   "Too many requests",
		"JSON":                   `{"api_outcome":"success"}`,
		"text after the root":    whole + "x",
		"text before the root":   "x" + whole,
		"two documents":          whole + whole,
		"a document type":        `<!DOCTYPE r [<!ENTITY x "success">]><r><api_outcome>success</api_outcome></r>`,
		"an unknown entity":      `<r><api_outcome>&x;success</api_outcome></r>`,
		"crossed tags":           `<r><api_outcome>success</r></api_outcome>`,
		"an unknown charset":     `<?xml version="1.0" encoding="ebcdic"?>` + whole,
		"bytes that are no text": "<r><api_outcome>success</api_outcome>\xff</r>",
		"a web page":             "<html><head><title>502</title></head><body><hr></body></html>",
		"a web page, cut short":  "<html><head><title>502</title></head><body><p>Sorry",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse([]byte(body), "")
			require.Error(t, err)
			require.NotErrorIs(t, err, errCut)
		})
	}
}

func TestFreshAPIIDsNeverRepeat(t *testing.T) {
	seen := make(chan string, 4000)
	for range 4 {
		go func() {
			for range 1000 {
				seen <- freshAPIID()
			}
		}()
	}
	all := map[string]bool{}
	for range 4000 {
		id := <-seen
		require.False(t, all[id])
		require.Regexp(t, `^[0-9]{1,16}$`, id)
		all[id] = true
	}
}
