// Package temporaltest gives tests a real Temporal server, which keeps what it knows in
// the PostgreSQL server that the tests share, and ends with the process.
package temporaltest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"google.golang.org/protobuf/types/known/durationpb"

	"bulk/internal/jobs/ledger/postgres/pgtest"
)

// Version is the server's. Later ones want a newer Go than go.mod's.
const Version = "v1.32.1"

// Server is a Temporal server with the namespace default.
type Server struct {
	Address string

	dir      string
	programs string
	drop     []func()
	keeper   *exec.Cmd
	alive    io.Closer // while it is open, the server goes on
}

// programs is the folder of the server's programs: that of BULK_TEST_TEMPORAL, or one in
// the user's cache, where they are installed if they are not there yet.
func programs() (string, error) {
	if dir := os.Getenv("BULK_TEST_TEMPORAL"); dir != "" {
		return dir, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "bulk-test", "temporal-"+Version)
	if _, err := os.Stat(filepath.Join(dir, "server")); err == nil {
		return dir, nil
	}
	fmt.Fprintf(os.Stderr, "building the Temporal server %s into %s, once: some minutes\n", Version, dir)
	cmd := exec.Command("go", "install", "go.temporal.io/server/cmd/tools/sql@"+Version, "go.temporal.io/server/cmd/server@"+Version)
	cmd.Dir, cmd.Env = os.TempDir(), append(os.Environ(), "GOBIN="+dir, "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the Temporal server: %w\n%s", err, out)
	}
	return dir, nil
}

// Start makes a server of its own and starts it.
func Start() (*Server, error) {
	s := &Server{}
	var err error
	if s.programs, err = programs(); err != nil {
		return nil, err
	}
	if s.dir, err = os.MkdirTemp("", "bulk-temporal-"); err != nil {
		return nil, err
	}
	var stores []*url.URL
	for _, schema := range []string{"temporal", "visibility"} {
		where, drop, err := pgtest.New()
		if err != nil {
			return nil, err
		}
		s.drop = append(s.drop, drop)
		at, err := url.Parse(where)
		if err != nil {
			return nil, err
		}
		stores = append(stores, at)
		for _, args := range [][]string{{"setup-schema", "-v", "0.0"}, {"update-schema", "--schema-name", "postgresql/v12/" + schema}} {
			args = append([]string{"--plugin", "postgres12", "--ep", at.Hostname(), "-p", at.Port(), "-u", at.User.Username(), "--db", strings.TrimPrefix(at.Path, "/")}, args...)
			if out, err := exec.Command(filepath.Join(s.programs, "sql"), args...).CombinedOutput(); err != nil {
				return nil, fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, out)
			}
		}
	}
	ports := freePorts(9)
	s.Address = fmt.Sprintf("127.0.0.1:%d", ports[0])
	if err := os.WriteFile(s.config(), []byte(configured(stores, ports)), 0o600); err != nil {
		return nil, err
	}
	return s, s.Run()
}

func (s *Server) config() string { return filepath.Join(s.dir, "server.yaml") }

func configured(stores []*url.URL, ports []int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "log: {stdout: true, level: error}\npersistence:\n  defaultStore: default\n  visibilityStore: visibility\n  numHistoryShards: 4\n  datastores:\n")
	for i, name := range []string{"default", "visibility"} {
		at := stores[i]
		fmt.Fprintf(&b, "    %s:\n      sql: {pluginName: postgres12, databaseName: %s, connectAddr: %q, connectProtocol: tcp, user: %s, password: x, maxConns: 10, maxIdleConns: 10}\n",
			name, strings.TrimPrefix(at.Path, "/"), at.Host, at.User.Username())
	}
	fmt.Fprintf(&b, "global:\n  membership: {maxJoinDuration: 30s, broadcastAddress: 127.0.0.1}\nservices:\n")
	for i, service := range []string{"frontend", "matching", "history", "worker"} {
		fmt.Fprintf(&b, "  %s: {rpc: {grpcPort: %d, membershipPort: %d, bindOnLocalHost: true}}\n", service, ports[2*i], ports[2*i+1])
	}
	fmt.Fprintf(&b, `clusterMetadata:
  enableGlobalNamespace: false
  failoverVersionIncrement: 10
  masterClusterName: active
  currentClusterName: active
  clusterInformation: {active: {enabled: true, initialFailoverVersion: 1, rpcName: frontend, rpcAddress: "127.0.0.1:%d"}}
dcRedirectionPolicy: {policy: noop}
publicClient: {hostPort: "127.0.0.1:%d"}
`, ports[0], ports[0])
	return b.String()
}

// keep starts the server and ends it, at once, when its input does.
const keep = `"$@" & pid=$!
( cat >/dev/null; kill -KILL $pid 2>/dev/null ) <&3 & watch=$!
wait $pid
kill $watch 2>/dev/null`

// Run starts the server and waits until it has its namespace.
func (s *Server) Run() error {
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	in, alive, err := os.Pipe()
	if err != nil {
		return err
	}
	defer in.Close()
	cmd := exec.Command("sh", "-c", keep, "sh", filepath.Join(s.programs, "server"), "--config-file", s.config(), "--allow-no-auth", "start")
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = s.dir, log, log, []*os.File{in}
	if err := cmd.Start(); err != nil {
		return errors.Join(err, alive.Close())
	}
	s.keeper, s.alive = cmd, alive
	if err := s.answers(90 * time.Second); err != nil {
		text, _ := os.ReadFile(log.Name())
		return fmt.Errorf("the Temporal server does not start: %w\n%s", err, text)
	}
	return nil
}

// answers waits until the server has its namespace, and knows that it has.
func (s *Server) answers(within time.Duration) error {
	c, err := s.Client()
	if err != nil {
		return err
	}
	defer c.Close()
	return pgtest.Answers(within, func(ctx context.Context) error {
		_, err := c.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
			Namespace: client.DefaultNamespace, WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour)})
		var there *serviceerror.NamespaceAlreadyExists
		if err == nil || errors.As(err, &there) {
			_, err = c.DescribeTaskQueue(ctx, "none", 1) // by the cache that all else goes by
		}
		return err
	})
}

// Client is one of the server's.
func (s *Server) Client() (client.Client, error) {
	return client.NewLazyClient(client.Options{HostPort: s.Address, Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler))})
}

// Halt ends the server at once, as a crash does; what it knows stays.
func (s *Server) Halt() {
	if s.keeper == nil {
		return
	}
	_ = s.alive.Close()
	_ = s.keeper.Wait()
	s.keeper = nil
}

// Stop ends the server and removes what it knows.
func (s *Server) Stop() {
	s.Halt()
	for _, drop := range s.drop {
		drop()
	}
	_ = os.RemoveAll(s.dir)
}

// freePorts are some below those that are handed out to connections.
func freePorts(n int) (ports []int) {
	for len(ports) < n {
		port := 20000 + rand.IntN(12000)
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			defer l.Close()
			ports = append(ports, port)
		}
	}
	return ports
}

var shared = sync.OnceValues(Start)

// Shared is the server that a package's tests share.
func Shared(t testing.TB) *Server {
	t.Helper()
	s, err := shared()
	require.NoError(t, err)
	started = s
	return s
}

var started *Server

// End ends the server that was shared, if there was one.
func End() {
	if started != nil {
		started.Stop()
	}
}
