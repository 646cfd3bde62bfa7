package betatel

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/upstream"
	"bulk/internal/upstream/wire"
)

// The names of the API, in one place.
const (
	headerKey   = "x-api-key"
	headerUser  = "x-user-id"
	pathProfile = "/euicc-profiles/"
	pathQRCode  = "/qrcode"
)

// The largest answers that are read, in bytes.
const (
	maxProfile = 1 << 20
	maxPicture = 4 << 20
)

// Config says which betatel account is used and how.
type Config struct {
	BaseURL *url.URL // up to and without /euicc-profiles, as wire.CheckURL gave it
	APIKey  wire.Secret
	UserID  string
	HTTP    *http.Client
	Timeout time.Duration    // of one attempt; 0: 30 s
	Now     func() time.Time // for Retry-After dates; nil: time.Now
	Secrets []wire.Secret    // hidden in what the upstream says beside the key
}

// Client reads from the API. It is safe for concurrent use.
type Client struct{ in *inner } // behind a pointer, so that no print shows the key

type inner struct {
	base    *url.URL
	config  *Config // a pointer, for fmt follows one for a verb it does not like
	account atomic.Pointer[account]
}

// account is what is sent under, and hidden from what is said: it changes as a
// whole.
type account struct {
	profile, picture http.Header // shared by all requests, and so never changed
	sender           wire.Sender
	secrets          []wire.Secret // those of before included
}

// New returns a client for an account. It fails where the account cannot be
// used: no URL, a key or user that a header cannot carry.
func New(c Config) (*Client, error) {
	switch {
	case c.BaseURL == nil:
		return nil, errors.New("the betatel client has no URL")
	case !sayable(c.UserID):
		return nil, errors.New("the betatel user id is empty or holds a character that a header cannot carry")
	}
	in := &inner{base: c.BaseURL, config: &c}
	if err := in.use(c.APIKey, c.Secrets); err != nil {
		return nil, err
	}
	return &Client{in}, nil
}

// use sends under a key from now on, and hides it beside the others.
func (in *inner) use(key wire.Secret, others []wire.Secret) error {
	if !sayable(key.Reveal()) {
		return errors.New("the betatel API key is empty or holds a character that a header cannot carry")
	}
	c := *in.config
	c.APIKey = key
	secrets := append(slices.Clip(others), key)
	in.account.Store(&account{
		profile: header(c, "application/json"), picture: header(c, "image/png, application/json;q=0.5"),
		sender:  wire.Sender{Client: c.HTTP, Timeout: c.Timeout, Mask: wire.Hiding(secrets...), Now: c.Now},
		secrets: secrets,
	})
	return nil
}

// Renew has requests sent under another key from now on. The one of before
// stays a secret.
func (c *Client) Renew(key wire.Secret) error {
	return c.in.use(key, c.in.account.Load().secrets)
}

func header(c Config, accept string) http.Header {
	h := http.Header{}
	h.Set(headerKey, c.APIKey.Reveal())
	h.Set(headerUser, c.UserID)
	h.Set("Accept", accept)
	h.Set("User-Agent", "bulk")
	return h
}

// sayable reports whether a header can carry a text as it is (RFC 9110, 5.5).
func sayable(text string) bool {
	return text != "" && strings.TrimSpace(text) == text &&
		strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r == 0x7F }) < 0
}

// Profile makes one attempt at reading a SIM's eUICC profile.
func (c *Client) Profile(ctx context.Context, iccid jobs.ICCID) upstream.Attempt {
	if !isICCID(iccid) {
		return notSent()
	}
	account := c.in.account.Load()
	request := c.in.get(account.profile, pathProfile+string(iccid))
	return account.sender.Do(ctx, request, maxProfile, func(reply wire.Reply) upstream.Attempt { return judgeProfile(reply, iccid) })
}

// QRCode makes one attempt at fetching the picture of a SIM's activation code.
// The Picture of a done attempt is a PNG that was decoded as a whole.
func (c *Client) QRCode(ctx context.Context, iccid jobs.ICCID) upstream.Attempt {
	if !isICCID(iccid) {
		return notSent()
	}
	account := c.in.account.Load()
	request := c.in.get(account.picture, pathProfile+string(iccid)+pathQRCode)
	return account.sender.Do(ctx, request, maxPicture, judgePicture)
}

// isICCID guards the path: the API takes 19 or 20 digits.
func isICCID(iccid jobs.ICCID) bool {
	return (len(iccid) == 19 || len(iccid) == 20) && strings.Trim(string(iccid), "0123456789") == ""
}

func notSent() upstream.Attempt {
	return upstream.Attempt{Verdict: jobs.Refused, Code: jobs.BadRequest,
		Detail: "The ICCID is not 19 or 20 digits; nothing was sent."}
}

func (in *inner) get(header http.Header, path string) *http.Request {
	u := *in.base
	u.Path, u.RawPath = strings.TrimSuffix(u.Path, "/")+path, ""
	return &http.Request{
		Method: http.MethodGet, URL: &u, Host: u.Host, Header: header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
}
