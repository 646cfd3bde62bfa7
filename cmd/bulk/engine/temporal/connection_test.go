package temporal

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
)

// door is a server of which only who comes in is of interest.
type door struct {
	workflowservice.UnimplementedWorkflowServiceServer
	says error
	key  []string // API keys that were shown
	who  string   // whose certificate was shown
}

func (d *door) DescribeNamespace(ctx context.Context, _ *workflowservice.DescribeNamespaceRequest) (*workflowservice.DescribeNamespaceResponse, error) {
	shown, _ := metadata.FromIncomingContext(ctx)
	d.key = shown.Get("authorization")
	if p, ok := peer.FromContext(ctx); ok {
		if t, ok := p.AuthInfo.(credentials.TLSInfo); ok && len(t.State.PeerCertificates) > 0 {
			d.who = t.State.PeerCertificates[0].Subject.CommonName
		}
	}
	return &workflowservice.DescribeNamespaceResponse{}, serviceerror.ToStatus(d.says).Err()
}

// open opens it; with TLS where there is a certificate.
func (d *door) open(t *testing.T, with *tls.Config) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var options []grpc.ServerOption
	if with != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(with)))
	}
	s := grpc.NewServer(options...)
	workflowservice.RegisterWorkflowServiceServer(s, d)
	go func() { _ = s.Serve(listener) }()
	t.Cleanup(s.Stop)
	return listener.Addr().String()
}

func sources(env map[string]string) *settings.Sources {
	return &settings.Sources{Process: &console.Process{Env: func(name string) (string, bool) { v, ok := env[name]; return v, ok }}}
}

// reached reaches a server with what variables say.
func reached(t *testing.T, address string, env map[string]string) error {
	t.Helper()
	at, err := sources(env).Temporal(settings.TemporalAt{Address: address, Namespace: settings.UsualNamespace})
	if err != nil {
		return err
	}
	c, err := connect(at, "worker", slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	defer c.Close()
	return reach(t.Context(), c, at)
}

// certificate makes one for a name, by itself or by another, and keeps it as PEM.
func certificate(t *testing.T, name string, by *tls.Certificate) (pair tls.Certificate, certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: by == nil, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	parent, signer := c, any(key)
	if by != nil {
		parent, signer = by.Leaf, by.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	certFile, keyFile = filepath.Join(t.TempDir(), "cert"), filepath.Join(t.TempDir(), "key")
	certText, keyText := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	require.NoError(t, os.WriteFile(certFile, certText, 0o600))
	require.NoError(t, os.WriteFile(keyFile, keyText, 0o600))
	pair, err = tls.X509KeyPair(certText, keyText)
	require.NoError(t, err)
	return pair, certFile, keyFile
}

func TestReachedWithCertificates(t *testing.T) {
	ca, caFile, _ := certificate(t, "ca", nil)
	servers, _, _ := certificate(t, "server", &ca)
	_, certFile, keyFile := certificate(t, "worker-7", &ca)
	known := x509.NewCertPool()
	known.AddCert(ca.Leaf)
	d := &door{}
	at := d.open(t, &tls.Config{Certificates: []tls.Certificate{servers}, ClientCAs: known, ClientAuth: tls.RequireAndVerifyClientCert})
	own := map[string]string{"BULK_TEMPORAL_CA_FILE": caFile, "BULK_TEMPORAL_CERT_FILE": certFile, "BULK_TEMPORAL_KEY_FILE": keyFile}
	require.NoError(t, reached(t, at, own))
	require.Equal(t, "worker-7", d.who)
	for missing := range own {
		some := map[string]string{}
		for name, value := range own {
			if name != missing {
				some[name] = value
			}
		}
		require.Error(t, reached(t, at, some), missing)
	}
	require.Error(t, reached(t, at, nil), "in the clear")
}

func TestReachedWithAPIKey(t *testing.T) {
	d := &door{}
	require.NoError(t, reached(t, d.open(t, nil), map[string]string{"BULK_TEMPORAL_API_KEY": "k-1"}), "in the clear on loopback")
	require.Equal(t, []string{"Bearer k-1"}, d.key)
	at, err := sources(map[string]string{"BULK_TEMPORAL_API_KEY": "k-1"}).Temporal(settings.TemporalAt{Address: "temporal.example:7233"})
	require.NoError(t, err)
	require.NotNil(t, at.TLS, "and nowhere else")
}

func TestWhyItIsNotReached(t *testing.T) {
	for name, c := range map[string]struct {
		says       error
		text, hint string
	}{
		"no such namespace": {serviceerror.NewNamespaceNotFound("default"), "has no namespace default", "--namespace"},
		"no rights":         {serviceerror.NewPermissionDenied("no", "no"), "refuses what was given", "BULK_TEMPORAL_API_KEY_FILE"},
	} {
		t.Run(name, func(t *testing.T) {
			err := reached(t, (&door{says: c.says}).open(t, nil), nil)
			var u *Unreached
			require.ErrorAs(t, err, &u)
			require.Contains(t, u.Error(), c.text)
			require.Contains(t, u.Hint(), c.hint)
		})
	}
}
