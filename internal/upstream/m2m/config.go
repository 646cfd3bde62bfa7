package m2m

import (
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"bulk/internal/upstream/wire"
)

// Config says which m2m account is used and how.
type Config struct {
	URL        *url.URL // the endpoint, as wire.CheckURL gave it
	Username   string
	Password   wire.Secret
	APIID      string // sent with every request; empty: a fresh number for each
	CheckAPIID bool   // an answer that bears another api_id is not believed
	HTTP       *http.Client
	Timeout    time.Duration    // of one attempt at a read; 0: 30 s
	Now        func() time.Time // for Retry-After dates; nil: time.Now

	// CommandTimeout is that of one attempt at an irreversible request; 0: 90 s.
	// Waiting costs nothing, a time-out a look into the portal.
	CommandTimeout time.Duration
	// Secrets are hidden in what the upstream says beside the password.
	Secrets []wire.Secret
}

type inner struct {
	config     *Config // a pointer, for fmt follows one for a verb it does not like
	account    atomic.Pointer[account]
	apiID      string
	checkAPIID bool
}
