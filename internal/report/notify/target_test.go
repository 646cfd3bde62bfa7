package notify

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseTarget(t *testing.T) {
	for _, c := range []struct{ name, raw, shown, wrong string }{
		{"a hook", "https://hooks.slack.com/services/T0/B0/x", "https://hooks.slack.com/***", ""},
		{"a port", "https://chat.example.com:8443/hooks/x", "https://chat.example.com:8443/***", ""},
		{"a query", "https://flow.example.com/?sig=x", "https://flow.example.com/***", ""},
		{"a host alone", "https://example.com", "https://example.com", ""},
		{"loopback", "http://127.0.0.1:9000/", "http://127.0.0.1:9000", ""},
		{"loopback by name", "http://localhost:9000/x", "http://localhost:9000/***", ""},
		{"loopback, spelled otherwise", "http://LocalHost.:9000/x", "http://LocalHost.:9000/***", ""},
		{"loopback, version six", "http://[::1]:9000/x", "http://[::1]:9000/***", ""},
		{"plain http elsewhere", "http://example.com/x", "", "the address must be an https URL: plain http is for loopback only"},
		{"a name that begins like loopback", "http://127.0.0.1.example.com/x", "", "the address must be an https URL: plain http is for loopback only"},
		{"a password", "https://u:p@example.com/x", "", "the address must not hold a user or password"},
		{"another scheme", "ftp://example.com/x", "", "the address must be an https URL"},
		{"no scheme", "hooks.slack.com/services/x", "", "the address is not a usable URL: write it as https://host/path"},
		{"nothing", "", "", "the address is not a usable URL: write it as https://host/path"},
		{"no URL", "https://a b/%zz", "", "the address is not a usable URL: write it as https://host/path"},
	} {
		t.Run(c.name, func(t *testing.T) {
			to, err := ParseTarget(c.raw)
			if c.wrong != "" {
				require.EqualError(t, err, c.wrong)
				require.Equal(t, "***", Masked(c.raw))
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.shown, Masked(c.raw))
			inJSON, err := json.Marshal(map[string]any{"to": to})
			require.NoError(t, err)
			require.JSONEq(t, `{"to":"`+c.shown+`"}`, string(inJSON))
			for _, verb := range []string{"%v", "%s", "%+v", "%#v"} {
				require.Equal(t, c.shown, fmt.Sprintf(verb, to), verb)
			}
			require.Equal(t, c.shown, to.LogValue().String())
		})
	}
}
