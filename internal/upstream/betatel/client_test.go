package betatel

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/upstream/wire"
)

func TestRequestsAsDocumented(t *testing.T) {
	image := picture(t, 50)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method != http.MethodGet || r.Header.Get("x-api-key") != key || r.Header.Get("x-user-id") != "u1":
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == "/api/v1/esim/euicc-profiles/"+sim:
			_, _ = io.WriteString(w, `{"profile":{"iccid":"`+sim+`","state":"INSTALLED"}}`)
		case r.URL.Path == "/api/v1/esim/euicc-profiles/"+sim+"/qrcode":
			_, _ = w.Write(image)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer srv.Close()
	for _, base := range []string{"/api/v1/esim", "/api/v1/esim/"} {
		c := testClient(t, srv.URL+base)
		a := c.Profile(t.Context(), sim)
		require.Equal(t, jobs.Done, a.Verdict, a.Detail)
		require.Equal(t, "INSTALLED", a.Data.ProfileState)
		a = c.QRCode(t.Context(), sim)
		require.Equal(t, jobs.Done, a.Verdict, a.Detail)
		require.Equal(t, image, a.Picture)
		require.Equal(t, jobs.NotFound, c.Profile(t.Context(), "89445000000000000099").Code)
	}
}

func TestNothingIsSentForWhatIsNoICCID(t *testing.T) {
	c := testClient(t, "https://host.invalid")
	for _, iccid := range []jobs.ICCID{"", "123", "../8944500000000000", "89445000000000000000001", "894450000000000000a"} {
		require.Equal(t, badICCID.code, c.Profile(t.Context(), iccid).Code)
		require.Equal(t, badICCID.verdict, c.QRCode(t.Context(), iccid).Verdict)
	}
}

// TestRenewedKey: it is used from then on, and the one of before stays a secret.
func TestRenewedKey(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"message":"no: `+r.Header.Get("x-api-key")+`, `+key+`"}`)
	}))
	defer srv.Close()
	c := testClient(t, srv.URL)
	require.Equal(t, "no: ***, ***", c.Profile(t.Context(), sim).UpstreamError)
	require.NoError(t, c.Renew("another-secret"))
	require.Equal(t, "no: ***, ***", c.Profile(t.Context(), sim).UpstreamError)
	require.Error(t, c.Renew(""))
	require.Equal(t, "no: ***, ***", c.QRCode(t.Context(), sim).UpstreamError)
}

func TestTooLarge(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(make([]byte, maxPicture+1))
	}))
	defer srv.Close()
	c := testClient(t, srv.URL)
	require.Equal(t, jobs.BadResponse, c.Profile(t.Context(), sim).Code)
	require.Equal(t, jobs.BadResponse, c.QRCode(t.Context(), sim).Code)
}

func TestNewRefusesWhatCannotBeSent(t *testing.T) {
	u, err := url.Parse("https://x")
	require.NoError(t, err)
	for name, c := range map[string]Config{
		"no URL":            {APIKey: "hunter22", UserID: "u"},
		"no key":            {BaseURL: u, UserID: "u"},
		"no user":           {BaseURL: u, APIKey: "hunter22"},
		"a key with a line": {BaseURL: u, APIKey: "hunter22\nX: y", UserID: "u"},
		"a key with space":  {BaseURL: u, APIKey: "hunter22 ", UserID: "u"},
	} {
		_, err := New(c)
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), "hunter22")
	}
}

func TestSecretsAreNeverSeen(t *testing.T) {
	status := 404
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, "your headers: %v", r.Header)
	}))
	defer echo.Close()
	c := testClient(t, echo.URL)
	shown := []any{c, *c, Config{APIKey: wire.Secret(key)}}
	for _, status = range []int{200, 401, 404, 500} {
		shown = append(shown, c.Profile(t.Context(), sim), c.QRCode(t.Context(), sim))
	}
	echo.Close()
	shown = append(shown, c.Profile(t.Context(), sim))
	for _, v := range shown {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			require.NotContains(t, fmt.Sprintf(verb, v), key)
		}
	}
}
