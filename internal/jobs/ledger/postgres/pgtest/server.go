// Package pgtest gives tests a real PostgreSQL: the server that
// BULK_TEST_POSTGRES names, or one of its own, made of the programs that are
// installed, which ends with the process.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// None is said where there is no server to be had.
const None = "no PostgreSQL here: apt-get install postgresql, or set BULK_TEST_POSTGRES"

var shared = sync.OnceValues(func() (*Server, error) {
	if named := os.Getenv("BULK_TEST_POSTGRES"); named != "" {
		return &Server{URL: named}, nil
	}
	return Start()
})

// Main runs a package's tests and ends the server that they shared.
func Main(run func() int) int {
	code := run()
	if s, err := shared(); err == nil {
		s.Stop()
	}
	return code
}

var databases atomic.Int64

// Database makes an empty database on the server that the package's tests share,
// and gives its address. Without a server the test is left out, but never in CI.
func Database(t testing.TB) string {
	t.Helper()
	s, err := shared()
	if errors.Is(err, ErrNone) && os.Getenv("CI") == "" {
		t.Skip(None)
	}
	require.NoError(t, err)
	return s.Database(t)
}

// Shared is the server that the package's tests share. Without one the test is left
// out, but never in CI.
func Shared(t testing.TB) *Server {
	t.Helper()
	Database(t)
	s, err := shared()
	require.NoError(t, err)
	return s
}

// New makes an empty database on that server, for those who have no testing.T, and
// gives its address and what removes it.
func New() (where string, drop func(), err error) {
	s, err := shared()
	if err != nil {
		return "", nil, err
	}
	return s.New()
}

// Database makes an empty database, and gives its address.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	where, drop, err := s.New()
	require.NoError(t, err)
	t.Cleanup(drop)
	return where
}

// New makes an empty database, and gives its address and what removes it.
func (s *Server) New() (where string, drop func(), err error) {
	name := fmt.Sprintf("bulk_test_%d_%d", os.Getpid(), databases.Add(1))
	u, err := url.Parse(s.URL)
	if err != nil {
		return "", nil, err
	}
	u.Path = "/" + name
	drop = func() {
		if s.running() {
			_ = s.Do("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)")
		}
	}
	return u.String(), drop, s.Do("CREATE DATABASE " + name)
}

// Do has the server execute a statement, as a superuser.
func (s *Server) Do(statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.URL)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	return err
}

// Holds reports whether a question is answered with yes.
func (s *Server) Holds(question string) (yes bool) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.URL)
	if err != nil {
		return false
	}
	defer conn.Close(ctx)
	return conn.QueryRow(ctx, question).Scan(&yes) == nil && yes
}

// Server is a PostgreSQL server.
type Server struct {
	URL  string // of a superuser, to the database postgres
	Dir  string // of its data; empty: it is not ours
	Port int

	programs string
	keeper   *exec.Cmd
	alive    io.Closer // while it is open, the server goes on
}

// ErrNone is what Start wraps where there is none.
var ErrNone = errors.New(None)

// programs is the folder of the server's programs.
func programs() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(real), nil
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // the pattern is right
	if len(found) == 0 {
		return "", ErrNone
	}
	return filepath.Dir(found[len(found)-1]), nil
}

// Start makes a cluster in a folder of its own and starts a server on it, with
// the settings given besides the usual ones.
func Start(settings ...string) (*Server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "bulk-postgres-")
	if err != nil {
		return nil, err
	}
	s := &Server{Dir: dir, programs: bin}
	if err := own(dir); err != nil {
		return nil, err
	}
	if out, err := s.command("initdb", "-D", s.data(), "-A", "trust", "-U", "postgres", "--no-sync", "--no-instructions", "-E", "UTF8", "--locale=C").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	config := "listen_addresses = '127.0.0.1'\nmax_connections = 200\nshared_buffers = '32MB'\nunix_socket_directories = ''\n" + strings.Join(settings, "\n") + "\n"
	f, err := os.OpenFile(filepath.Join(s.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = f.WriteString(config)
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	return s, s.Run()
}

// Standby makes a standby of the server and starts it.
func (s *Server) Standby() (*Server, error) {
	dir, err := os.MkdirTemp("", "bulk-postgres-")
	if err != nil {
		return nil, err
	}
	standby := &Server{Dir: dir, programs: s.programs}
	if err := own(dir); err != nil {
		return nil, err
	}
	if out, err := standby.command("pg_basebackup", "-D", standby.data(), "-d", s.URL, "-R", "-X", "stream", "-c", "fast", "--no-sync").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("pg_basebackup: %w\n%s", err, out)
	}
	return standby, standby.Run()
}

func (s *Server) data() string { return filepath.Join(s.Dir, "data") }

// Run starts the server, on another port where the one it had is taken.
func (s *Server) Run() error {
	var last error
	for range 5 {
		if s.Port == 0 {
			s.Port = freePort()
		}
		if last = s.run(); last == nil {
			return nil
		}
		s.Stop()
		s.Port = 0
	}
	return last
}

// keep starts the server and ends it, at once, when its input does. Where the
// server ends by itself, its number may be another process's by then: nothing
// may be left that would send that one a signal.
const keep = `"$@" & pid=$!
( cat >/dev/null; kill -QUIT $pid 2>/dev/null ) <&3 & watch=$!
wait $pid
kill $watch 2>/dev/null`

func (s *Server) run() error {
	log, err := os.OpenFile(filepath.Join(s.Dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	in, alive, err := os.Pipe()
	if err != nil {
		return err
	}
	defer in.Close()
	cmd := s.command("sh", "-c", keep, "sh", filepath.Join(s.programs, "postgres"), "-D", s.data(), "-p", fmt.Sprint(s.Port))
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = log, log, []*os.File{in}
	if err := cmd.Start(); err != nil {
		return errors.Join(err, alive.Close())
	}
	s.keeper, s.alive = cmd, alive
	s.URL = fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", s.Port)
	err = Answers(30*time.Second, func(ctx context.Context) error {
		conn, err := pgx.Connect(ctx, s.URL)
		if err != nil {
			return err
		}
		return errors.Join(conn.Ping(ctx), conn.Close(ctx))
	})
	if err != nil {
		text, _ := os.ReadFile(log.Name())
		return fmt.Errorf("the server does not start: %w\n%s", err, text)
	}
	return nil
}

const (
	answerRest = 50 * time.Millisecond // between two questions
	answerMost = 5 * time.Second       // that one may take
)

// Answers asks a server that was started, of whatever kind, until it answers without an
// error, or as long as is given; then that is the last one.
func Answers(within time.Duration, ask func(context.Context) error) error {
	for began := time.Now(); ; time.Sleep(answerRest) {
		ctx, cancel := context.WithTimeout(context.Background(), answerMost)
		err := ask(ctx)
		cancel()
		if err == nil || time.Since(began) > within {
			return err
		}
	}
}

func (s *Server) running() bool { return s.Dir == "" || s.keeper != nil }

// PID is the process number of the server's first process.
func (s *Server) PID() (int, error) {
	text, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	var pid int
	_, err = fmt.Sscan(string(text), &pid)
	return pid, err
}

// Halt ends the server at once, as a crash does; its data stays.
func (s *Server) Halt() {
	if s.keeper == nil {
		return
	}
	_ = s.alive.Close()
	_ = s.keeper.Wait()
	s.keeper = nil
}

// Kill ends the server's first process as the system does where memory is short
// (SIGKILL), and waits until its other processes have noticed and ended: until then
// no server starts on that data.
func (s *Server) Kill() error {
	pid, err := s.PID()
	if err != nil {
		return err
	}
	first, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	if err := first.Kill(); err != nil {
		return err
	}
	for began := time.Now(); s.processes() > 0; time.Sleep(5 * time.Millisecond) {
		if time.Since(began) > 30*time.Second {
			return errors.New("processes of a server that was killed go on")
		}
	}
	s.Halt()
	return nil
}

// processes counts what works in the server's folder; 0 on systems without /proc.
func (s *Server) processes() (n int) {
	folders, _ := filepath.Glob("/proc/[0-9]*/cwd") // the pattern is right
	for _, link := range folders {
		if at, err := os.Readlink(link); err == nil && at == s.data() {
			n++
		}
	}
	return n
}

// Stop ends the server and removes its data, where it is ours.
func (s *Server) Stop() {
	if s.Dir == "" {
		return
	}
	s.Halt()
	_ = os.RemoveAll(s.Dir)
}

// freePort is one below those that are handed out to connections.
func freePort() int {
	for {
		port := 20000 + rand.IntN(12000)
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			_ = l.Close()
			return port
		}
	}
}
