package wire

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"
)

// The limits of a connection.
const (
	DefaultTimeout = 30 * time.Second // of one attempt, first byte to last

	dialTimeout = 10 * time.Second
	// idleTimeout is below the five seconds after which the most hasty common
	// servers (Apache) close an idle connection. A command that is written
	// just as the server closes would be in doubt; a fresh connection is cheap.
	idleTimeout    = 4 * time.Second
	maxHeaderBytes = 256 << 10
	// bufferSize holds a request or an answer, nearly all of which are below a
	// KiB; there are two for each of up to a thousand connections.
	bufferSize = 2 << 10
)

// Options say how the upstreams are reached.
type Options struct {
	Connections int    // connections kept for each upstream, 1–1024; 0: 64
	CAFile      string // PEM certificates trusted beside the system's; empty: none

	// Proxy finds the proxy of a request; nil: the environment's
	// (HTTPS_PROXY, NO_PROXY …), which never applies to loopback.
	Proxy func(*http.Request) (*url.URL, error)
}

// NewClient returns the HTTP client that all upstreams share. It speaks
// HTTP/1.1 alone, since the loss of one HTTP/2 connection would leave many
// commands in doubt, and TLS 1.2 or newer. It keeps connections alive and
// follows no redirect. The time limit is the [Sender]'s.
func NewClient(o Options) (*http.Client, error) {
	roots, err := trusted(o.CAFile)
	if err != nil {
		return nil, err
	}
	if o.Connections <= 0 {
		o.Connections = 64
	}
	if o.Proxy == nil {
		o.Proxy = http.ProxyFromEnvironment
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                  o.Proxy,
			OnProxyConnectResponse: checkProxy,
			Protocols:              protocols,
			DialContext:            (&net.Dialer{Timeout: dialTimeout}).DialContext,
			TLSHandshakeTimeout:    dialTimeout,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, ClientSessionCache: tls.NewLRUClientSessionCache(16)},
			MaxIdleConns:           2 * o.Connections,
			MaxIdleConnsPerHost:    o.Connections,
			IdleConnTimeout:        idleTimeout,
			MaxResponseHeaderBytes: maxHeaderBytes,
			ReadBufferSize:         bufferSize,
			WriteBufferSize:        bufferSize,
			DisableCompression:     true, // the answers are a few hundred bytes
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// trusted returns the system's certificates and those of a file; nil, which
// means the system's, without a file.
func trusted(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the CA file: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // no system store: the file alone
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("reading the CA file %s: %w", file, errors.New("it holds no PEM certificate"))
	}
	return pool, nil
}
