package m2m

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/upstream"
	"bulk/internal/upstream/wire"
)

type request struct {
	XMLName  xml.Name
	Version  string `xml:"version,attr"`
	APIID    string `xml:"api_id,attr"`
	Username string `xml:"authentication>username"`
	Password string `xml:"authentication>password"`
	ICCID    string `xml:"iccid"`
	Group    string `xml:"group"`
}

// serve answers each request by what it asks.
func serve(t *testing.T, answer func(request) string) (string, *atomic.Int32) {
	t.Helper()
	var count atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		count.Add(1)
		body, _ := io.ReadAll(r.Body)
		var q request
		if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/xml" ||
			r.Header.Get("Accept") != "application/xml" || xml.Unmarshal(body, &q) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		_, _ = io.WriteString(w, answer(q))
	}))
	t.Cleanup(srv.Close)
	return srv.URL, &count
}

func TestRequestsAsDocumented(t *testing.T) {
	var got []request
	address, _ := serve(t, func(q request) string {
		got = append(got, q)
		return `<r api_id="` + q.APIID + `"><api_outcome>success</api_outcome><status>active</status><contract_type/><months_remaining/><qr_status>0</qr_status></r>`
	})
	c := testClient(t, address, nil)
	for _, action := range []jobs.Action{jobs.QueryStatus, jobs.QueryContract, jobs.QueryQRInfo} {
		a := c.Query(t.Context(), action, sim)
		require.Equal(t, jobs.Done, a.Verdict, a.Detail)
		require.Equal(t, got[len(got)-1].APIID, a.RequestID)
	}
	a := NewCommander(c).Command(t.Context(), jobs.SetAAGroup, sim, `L<&>"1`)
	require.Equal(t, jobs.Done, a.Verdict, a.Detail)

	ids := map[string]bool{}
	for i, name := range []string{"query_status", "query_contract", "query_qr_info", "set_aa_group"} {
		q := got[i]
		require.NotEmpty(t, q.APIID)
		require.False(t, ids[q.APIID])
		ids[q.APIID] = true
		want := request{XMLName: xml.Name{Local: name}, Version: "1", APIID: q.APIID, Username: "ops & co", Password: password, ICCID: sim}
		if name == "set_aa_group" {
			want.Group = `L<&>"1`
		}
		require.Equal(t, want, q)
	}
}

func TestRequestBytes(t *testing.T) {
	c := testClient(t, "https://x", nil)
	body, err := io.ReadAll(c.in.account.Load().letterhead.request(&queryContract, "123456", "1234567890123456789", "").Body)
	require.NoError(t, err)
	require.Equal(t, `<query_contract version="1" api_id="123456"><authentication><username>ops &amp; co</username>`+
		`<password>hunter&amp;22&lt;&#34;</password></authentication><iccid>1234567890123456789</iccid></query_contract>`, string(body))
}

func TestFixedAPIID(t *testing.T) {
	address, _ := serve(t, func(q request) string { return `<r api_id="` + q.APIID + `"><api_outcome>failure</api_outcome></r>` })
	a := testClient(t, address, func(c *Config) { c.APIID = "4711" }).Query(t.Context(), jobs.QueryStatus, sim)
	require.Equal(t, "4711", a.RequestID)
	require.Equal(t, otherNo, verdict{}.of(a))
}

func TestNothingIsSentForWhatIsNoRead(t *testing.T) {
	address, count := serve(t, func(request) string { return "" })
	c := testClient(t, address, nil)
	for _, action := range []jobs.Action{jobs.SetAAGroup, jobs.GetEUICCProfile, jobs.GetQRCode, "", "set_status"} {
		a := c.Query(t.Context(), action, sim)
		require.Equal(t, verdict{jobs.Refused, jobs.BadRequest, 0}, verdict{}.of(a), action)
	}
	require.Equal(t, jobs.Refused, c.Query(t.Context(), jobs.QueryStatus, "").Verdict)
	require.Equal(t, jobs.Refused, NewCommander(c).Command(t.Context(), jobs.SetAAGroup, sim, "").Verdict)
	require.Equal(t, jobs.Refused, NewCommander(c).Command(t.Context(), jobs.SetAAGroup, sim, "a\x00b").Verdict)
	require.Zero(t, count.Load())
}

// A dry run holds a Client and no Commander: what a Client can do is all that
// a dry run can do.
func TestClientCanOnlyQuery(t *testing.T) {
	c := reflect.TypeFor[*Client]()
	require.Equal(t, 2, c.NumMethod())
	require.Equal(t, "Query", c.Method(0).Name)
	require.Equal(t, "Renew", c.Method(1).Name, "which sends nothing")
}

func TestNewRefusesWhatCannotBeSent(t *testing.T) {
	u, err := url.Parse("https://x")
	require.NoError(t, err)
	for name, c := range map[string]Config{
		"no URL":                 {Username: "a", Password: "hunter22"},
		"a control character":    {URL: u, Username: "a", Password: "hunter\x0022"},
		"a name that is no text": {URL: u, Username: "\xff", Password: "hunter22"},
		"an api_id with control": {URL: u, Username: "a", Password: "hunter22", APIID: "\x01"},
	} {
		_, err := New(c)
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), "hunter")
	}
}

func TestSecretsAreNeverSeen(t *testing.T) {
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(int(r.ContentLength)%2*100 + 400) // 400 or 500
		_, _ = io.WriteString(w, "your request was: "+string(body)+" "+password)
	}))
	defer echo.Close()
	c := testClient(t, echo.URL, nil)
	attempts := []any{c, *c, NewCommander(c), Config{Password: password}}
	for _, group := range []string{"L1", "L22"} {
		a := NewCommander(c).Command(t.Context(), jobs.SetAAGroup, sim, group)
		require.NotEmpty(t, a.UpstreamError)
		attempts = append(attempts, a)
	}
	echo.Close()
	attempts = append(attempts, c.Query(t.Context(), jobs.QueryStatus, sim))
	for _, v := range attempts {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			require.NotContains(t, fmt.Sprintf(verb, v), "hunter")
		}
	}
}

// TestNoSecretComesBack: whatever an upstream makes of the password, and wherever
// it puts it, it is hidden in words, and data that hold it are left out.
func TestNoSecretComesBack(t *testing.T) {
	const secret = `Hunter&22<"é`
	for name, spelled := range map[string]string{
		"as XML":             `Hunter&amp;22&lt;&quot;é`,
		"twice over":         `Hunter&amp;amp;22&amp;lt;&amp;#34;&amp;eacute;`,
		"as JSON":            `Hunter\u002622\u003c\"\u00e9`,
		"as Go":              `Hunter&amp;22&lt;\"\xc3\xa9`,
		"in a URL":           `hunter%2622%3c%22%c3%a9`,
		"in capitals":        `HUNTER&amp;22&lt;"É`,
		"as base64":          base64.StdEncoding.EncodeToString([]byte(secret)),
		"as HTTP's Basic":    base64.StdEncoding.EncodeToString([]byte("ops:" + secret)),
		"as hex":             hex.EncodeToString([]byte(secret)),
		"without its ending": `Hunter&amp;22`,
	} {
		t.Run(name, func(t *testing.T) {
			whole := name != "without its ending"
			for place, answer := range map[string]string{
				"words": failure("refused for (" + spelled + ")"),
				"data":  outcome("success", "<status>("+spelled+")</status>"),
			} {
				address, _ := serve(t, func(q request) string { return strings.ReplaceAll(answer, `api_id="7"`, "") })
				a := testClient(t, address, func(c *Config) { c.Password = secret }).Query(t.Context(), jobs.QueryStatus, sim)
				switch {
				case place == "words":
					require.Regexp(t, `^refused for \((b3BzOk)?\*\*\*=*\)$`, a.UpstreamError)
				case whole:
					require.Equal(t, doubt, verdict{}.of(a), a)
					require.Nil(t, a.Data)
					require.Contains(t, a.Detail, "sim_status")
				default:
					require.Equal(t, "(Hunter&22)", a.Data.SIMStatus, "a part is no secret in data")
				}
			}
		})
	}
}

// TestUserNamesAreNoSecrets: nor are the ICCIDs that words name.
func TestUserNamesAreNoSecrets(t *testing.T) {
	address, _ := serve(t, func(q request) string { return failure("SIM " + q.ICCID + " is not of " + "ops") })
	a := testClient(t, address, func(c *Config) { c.APIID = "7" }).Query(t.Context(), jobs.QueryStatus, sim)
	require.Equal(t, "SIM "+sim+" is not of ops", a.UpstreamError)
}

// TestCommandsAreWaitedForLonger: a time-out of a read costs nothing.
func TestCommandsAreWaitedForLonger(t *testing.T) {
	address, _ := serve(t, func(q request) string {
		time.Sleep(300 * time.Millisecond)
		return `<r><api_outcome>success</api_outcome><status>active</status></r>`
	})
	c := testClient(t, address, func(c *Config) { c.Timeout, c.CommandTimeout = 50*time.Millisecond, 20*time.Second })
	require.Equal(t, jobs.Timeout, c.Query(t.Context(), jobs.QueryStatus, sim).Code)
	require.Equal(t, jobs.Done, NewCommander(c).Command(t.Context(), jobs.SetAAGroup, sim, "L1").Verdict)
	c = testClient(t, address, func(c *Config) { c.Timeout, c.CommandTimeout = 20*time.Second, 50*time.Millisecond })
	require.Equal(t, jobs.Done, c.Query(t.Context(), jobs.QueryStatus, sim).Verdict)
	a := NewCommander(c).Command(t.Context(), jobs.SetAAGroup, sim, "L1")
	require.Equal(t, verdict{jobs.MaybeSent, jobs.Timeout, upstream.Down}, verdict{}.of(a))
	require.Contains(t, a.Detail, "within 50ms")
	require.Equal(t, 90*time.Second, testClient(t, address, nil).in.account.Load().commands.Timeout)
}

// TestRenewedPassword: it is used from then on, by commands too, and the one of
// before stays a secret.
func TestRenewedPassword(t *testing.T) {
	address, _ := serve(t, func(q request) string { return failure("no: " + q.Password + ", " + "hunter&amp;22&lt;&quot;") })
	c := testClient(t, address, func(c *Config) { c.APIID = "7" })
	commander := NewCommander(c)
	require.NoError(t, c.Renew("another-secret"))
	for _, a := range []upstream.Attempt{c.Query(t.Context(), jobs.QueryStatus, sim), commander.Command(t.Context(), jobs.SetAAGroup, sim, "L1")} {
		require.Equal(t, "no: ***, ***", a.UpstreamError)
	}
	require.Error(t, c.Renew("no\x00text"))
	require.Equal(t, "no: ***, ***", c.Query(t.Context(), jobs.QueryStatus, sim).UpstreamError, "the last usable one")
}

func TestTooLarge(t *testing.T) {
	address, _ := serve(t, func(q request) string {
		return `<r api_id="` + q.APIID + `"><api_outcome>success</api_outcome>` + strings.Repeat(" ", maxAnswer) + `</r>`
	})
	a := NewCommander(testClient(t, address, nil)).Command(t.Context(), jobs.SetAAGroup, sim, "L1")
	require.Equal(t, doubt, verdict{}.of(a))
	require.NotEmpty(t, a.RequestID)
}

func BenchmarkQueryOverLoopback(b *testing.B) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, `<r><api_outcome>success</api_outcome><status>active</status></r>`)
	}))
	defer srv.Close()
	shared, err := wire.NewClient(wire.Options{Connections: 64})
	require.NoError(b, err)
	c := testClient(b, srv.URL, func(c *Config) { c.HTTP = shared })
	b.ReportAllocs()
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if a := c.Query(b.Context(), jobs.QueryStatus, sim); a.Verdict != jobs.Done {
				b.Error(a.Detail)
			}
		}
	})
}
