package postgres

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Is reports whether a ledger's name is the address of a database, not a file's.
func Is(where string) bool {
	return strings.HasPrefix(where, "postgres://") || strings.HasPrefix(where, "postgresql://")
}

// ErrPassword: a password stands in the address, where every list of processes
// would show it.
var ErrPassword = errors.New("a password in the ledger's address would stand in every list of processes")

// address is where a ledger is, and how it is reached.
type address struct {
	shown       string // without anything secret
	host        string // the first one
	requireSync bool   // that a standby has what is confirmed
	config      *pgx.ConnConfig
}

// Shown is a ledger's address as it may be printed: without a password, and in
// one spelling.
func Shown(where string) string {
	u, err := url.Parse(where)
	if err != nil {
		return "postgres://"
	}
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	u.Scheme = "postgres"
	q := u.Query()
	for key := range q {
		if strings.Contains(strings.ToLower(key), "password") {
			q.Del(key)
		}
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// Address is where a ledger is as it may be printed, see [Shown]; an error where
// it is no address, or holds a password.
func Address(where string) (string, error) {
	at, err := parse(where, "")
	if err != nil {
		return "", err
	}
	return at.shown, nil
}

// parse reads an address. What it does not say is taken from the environment
// and the files that PostgreSQL's own programs read (PGHOST, ~/.pgpass,
// pg_service.conf and the like).
func parse(where, password string) (*address, error) {
	u, err := url.Parse(where)
	if err != nil {
		return nil, errors.New("the ledger's address is no URL") // the parser's words would repeat what stands in it
	}
	q := u.Query()
	_, secret := u.User.Password()
	if secret || q.Has("password") || q.Has("sslpassword") {
		return nil, ErrPassword
	}
	a := &address{shown: Shown(where), requireSync: q.Get("require_sync") == "1"}
	q.Del("require_sync")
	u.RawQuery = q.Encode()
	if a.config, err = pgx.ParseConfig(u.String()); err != nil {
		return nil, fmt.Errorf("the ledger's address %s: %w", a.shown, err)
	}
	a.host = a.config.Host
	if password != "" {
		a.config.Password = password
	}
	a.config.ConnectTimeout = cmp.Or(a.config.ConnectTimeout, connectLimit)
	return a, nil
}

const connectLimit = 10 * time.Second

// parameters are those of every session: what the server takes for a dead
// client must not hold an account for hours, and what it confirms it must keep.
func (a *address) parameters(sync string) map[string]string {
	all := map[string]string{
		"application_name": "bulk", "search_path": "bulk", "synchronous_commit": sync, "timezone": "UTC",
		"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3", "tcp_user_timeout": "20000",
		"client_connection_check_interval": "5000", "idle_in_transaction_session_timeout": "30000", "lock_timeout": "15000",
	}
	for key, value := range a.config.RuntimeParams {
		if _, ours := all[key]; !ours {
			all[key] = value
		}
	}
	return all
}

// local reports whether an address is on this machine: a socket, or loopback.
func local(at net.Addr) bool {
	tcp, overNetwork := at.(*net.TCPAddr)
	return !overNetwork || tcp.IP.IsLoopback()
}
