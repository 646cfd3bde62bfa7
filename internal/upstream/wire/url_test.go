package wire_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/upstream/wire"
)

func TestCheckURL(t *testing.T) {
	for _, good := range []string{
		"https://api.m2miportal.com", "https://esim.betatel.com/api/v1/esim", "https://10.0.0.1:8443/",
		"http://127.0.0.1:8080", "http://127.9.9.9", "http://[::1]:80/x", "http://localhost:1", "http://LOCALHOST:1", "http://localhost.:1", "http://[::ffff:127.0.0.1]/",
	} {
		u, err := wire.CheckURL("BULK_M2M_URL", good)
		require.NoError(t, err, good)
		require.Equal(t, good, u.String())
	}
	for bad, why := range map[string]string{
		"":                             "not a usable URL",
		"api.m2miportal.com":           "not a usable URL",
		"https://":                     "not a usable URL",
		"https://:443":                 "not a usable URL",
		"https://hunter2 /%zz":         "not a usable URL",
		"mailto:hunter2@x":             "not a usable URL",
		"https://host:99999":           "not a usable URL",
		"https://host:0":               "not a usable URL",
		"http://api.m2miportal.com":    "plain http",
		"http://localhost.example.com": "plain http",
		"http://127.0.0.1.example.com": "plain http",
		"http://0.0.0.0":               "plain http",
		"ftp://127.0.0.1":              "https",
		"https://ops:hunter2@host":     "user or password",
		"https://hunter2@host":         "user or password",
		"https://host/?key=hunter2":    "query",
		"https://host/#hunter2":        "query or fragment",
	} {
		_, err := wire.CheckURL("BULK_M2M_URL", bad)
		require.ErrorContains(t, err, why, bad)
		require.ErrorContains(t, err, "BULK_M2M_URL", bad)
		require.NotContains(t, err.Error(), "hunter2", bad)
	}
}
