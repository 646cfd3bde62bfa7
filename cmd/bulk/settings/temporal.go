package settings

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/spf13/pflag"

	"bulk/cmd/bulk/console"
	"bulk/internal/upstream/wire"
)

// TemporalAt says where a Temporal server is.
type TemporalAt struct {
	Address   string // HOST:PORT; empty: nothing was said
	Namespace string
}

// UsualNamespace is the one where nothing is said.
const UsualNamespace = "default"

// Register registers the flags that say it.
func (a *TemporalAt) Register(f *pflag.FlagSet) {
	f.StringVar(&a.Address, "temporal", "", "`HOST:PORT` of the Temporal server that brings runs to workers (--engine temporal)")
	f.StringVar(&a.Namespace, "namespace", UsualNamespace, "the `NAME` of the namespace there (BULK_TEMPORAL_NAMESPACE)")
}

// Temporal is what a Temporal server is reached with.
type Temporal struct {
	TemporalAt
	TLS    *tls.Config // nil: in the clear
	APIKey wire.Secret
}

// Temporal reads what a Temporal server is reached with. Where there is something to
// prove, or to hold its certificate against, the connection is encrypted.
func (p *Sources) Temporal(at TemporalAt) (*Temporal, error) {
	host, _, err := net.SplitHostPort(at.Address)
	if err != nil || host == "" {
		return nil, console.Misused("--temporal is HOST:PORT, such as temporal.example:7233, not %q", at.Address)
	}
	e := &Environment{P: p}
	t := &Temporal{TemporalAt: at, APIKey: wire.Secret(e.Get("BULK_TEMPORAL_API_KEY"))}
	ca, cert, key := e.Get("BULK_TEMPORAL_CA"), e.Get("BULK_TEMPORAL_CERT"), e.Get("BULK_TEMPORAL_KEY")
	if err := e.Failure(); err != nil {
		return nil, err
	}
	if ca != "" || cert != "" || key != "" || t.APIKey != "" && !loopback(host) {
		if t.TLS, err = temporalTLS(ca, cert, key); err != nil {
			return nil, console.Refused(err.Error(), "nothing was sent")
		}
	}
	return t, nil
}

func temporalTLS(ca, cert, key string) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if ca != "" {
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		if !pool.AppendCertsFromPEM([]byte(ca)) {
			return nil, errors.New("BULK_TEMPORAL_CA_FILE holds no certificate")
		}
		c.RootCAs = pool
	}
	if cert == "" && key == "" {
		return c, nil
	}
	pair, err := tls.X509KeyPair([]byte(cert), []byte(key))
	if err != nil {
		return nil, fmt.Errorf("BULK_TEMPORAL_CERT_FILE and BULK_TEMPORAL_KEY_FILE: %w", err)
	}
	c.Certificates = []tls.Certificate{pair}
	return c, nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
