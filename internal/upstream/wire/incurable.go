package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
)

// incurable reports whether a connection could not be made for a reason that
// waiting does not cure: a certificate that is untrusted or wrong, no TLS where
// it was asked for, a name that does not exist, a proxy that refuses.
func incurable(err error) bool {
	var (
		certificate *tls.CertificateVerificationError
		noTLS       tls.RecordHeaderError
		name        *net.DNSError
		proxy       *proxyRefusal
	)
	switch {
	case errors.As(err, &certificate), errors.As(err, &noTLS), errors.As(err, &proxy):
		return true
	case errors.As(err, &name):
		return name.IsNotFound
	}
	return false
}

// proxyRefusal is a proxy's answer that will be the same the next time.
type proxyRefusal struct{ status int }

func (e *proxyRefusal) Error() string {
	text := fmt.Sprintf("the proxy refused with HTTP %d (%s)", e.status, http.StatusText(e.status))
	if e.status == http.StatusProxyAuthRequired {
		text += ": it wants a user and a password, in HTTPS_PROXY"
	}
	return text
}

// checkProxy looks at what a proxy answered to CONNECT. Statuses that pass, and
// those of a proxy that cannot reach the upstream, are left to net/http.
func checkProxy(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	switch status := answer.StatusCode; {
	case status == http.StatusRequestTimeout || status == http.StatusTooManyRequests:
		return nil
	case status >= 300 && status <= 499:
		return &proxyRefusal{status}
	}
	return nil
}
