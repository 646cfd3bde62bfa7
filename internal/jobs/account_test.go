package jobs_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"bulk/internal/jobs"
	_ "bulk/internal/jobs/dicetest" // BULK_SEED
)

func TestAccountNames(t *testing.T) {
	for _, c := range []struct{ what, url, want string }{
		{"as it is", "https://api.example.com", "m2m:u@api.example.com"},
		{"upper case", "https://API.Example.COM/", "m2m:u@api.example.com"},
		{"default port", "https://api.example.com:443/path", "m2m:u@api.example.com"},
		{"default port, leading zeros", "https://api.example.com:0443", "m2m:u@api.example.com"},
		{"default port of plain http", "http://localhost:80", "m2m:u@localhost"},
		{"empty port", "https://api.example.com:/", "m2m:u@api.example.com"},
		{"final dot", "https://api.example.com./v1", "m2m:u@api.example.com"},
		{"all of it", "https://API.example.com.:443/v1", "m2m:u@api.example.com"},
		{"another port", "http://LOCALHOST:8080/", "m2m:u@localhost:8080"},
		{"another port, leading zeros", "http://localhost:08080/", "m2m:u@localhost:8080"},
		{"trailing path", "https://api.example.com/prod/", "m2m:u@api.example.com"},
		{"user in the URL", "https://other:word@api.example.com", "m2m:u@api.example.com"},
		{"IPv6", "https://[2001:DB8::1]:8443", "m2m:u@[2001:db8::1]:8443"},
		{"IPv6, long", "https://[2001:0db8:0:0:0:0:0:1]:443", "m2m:u@[2001:db8::1]"},
		{"IPv6 without a port", "https://[::1]", "m2m:u@[::1]"},
		{"internationalised", "https://BÜRO.example:443", "m2m:u@xn--bro-hoa.example"},
		{"internationalised, ASCII form", "https://XN--Bro-hoa.example", "m2m:u@xn--bro-hoa.example"},
		{"no host name by the book", "https://api_1.example.com", "m2m:u@api_1.example.com"},
	} {
		t.Run(c.what, func(t *testing.T) {
			at, err := url.Parse(c.url)
			require.NoError(t, err)
			require.Equal(t, c.want, jobs.AccountName(jobs.M2M, "u", at.Host))
		})
	}
}

func TestNormalAccount(t *testing.T) {
	for _, c := range []struct{ what, name, want string }{
		{"of an earlier version", "m2m:u@LOCALHOST:443", "m2m:u@localhost"},
		{"of the other upstream", "betatel:U@Host.", "betatel:U@host"},
		{"upstream in capitals", "M2M:u@host", "m2m:u@host"},
		{"the user stays", "m2m:Ops User@X.example", "m2m:Ops User@x.example"},
		{"a user with an at sign", "m2m:me@Firm.example@API.example", "m2m:me@Firm.example@api.example"},
		{"a user with a colon", "m2m:a:b@API.example:443", "m2m:a:b@api.example"},
		{"a comma", "m2m:a,b@host", "m2m:a;b@host"},
		{"a person's word", "Production, North", "Production; North"},
		{"a person's word with a host's look", "Prod@North:443", "Prod@North:443"},
		{"no host", "m2m:Prod", "m2m:Prod"},
		{"spaces around", "  m2m:u@h \n", "m2m:u@h"},
		{"a port that is none", "m2m:u@h:99999", "m2m:u@h:99999"},
		{"an address without brackets", "m2m:u@::1", "m2m:u@[::1]"},
		{"empty", "", ""},
	} {
		t.Run(c.what, func(t *testing.T) { require.Equal(t, c.want, jobs.NormalAccount(c.name)) })
	}
}

// A name that was normalised once stays so, and no spelling of a host makes
// another account.
func TestNormalAccountIsSettled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.String(), rapid.StringMatching(`(m2m|betatel):[^@]{0,5}@[a-zA-Z0-9.:\[\]üÜßİ_-]{0,20}`)).Draw(t, "name")
		normal := jobs.NormalAccount(name)
		require.Equal(t, normal, jobs.NormalAccount(normal))
		require.NotContains(t, normal, ",")

		host := rapid.StringMatching(`[a-z]{1,8}(\.[a-z]{1,8}){0,2}`).Draw(t, "host")
		spelled := rapid.SampledFrom([]func(string) string{strings.ToUpper, func(h string) string { return h + "." }, func(h string) string { return h + ":443" },
			func(h string) string { return h + ".:" }, func(h string) string { return h }}).Draw(t, "spelling")
		require.Equal(t, "m2m:u@"+host, jobs.AccountName(jobs.M2M, "u", spelled(host)))
	})
}
