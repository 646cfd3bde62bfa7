package postgres

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"bulk/internal/jobs/ledger/store"
)

// Problem is why a server cannot serve as a ledger, and what there is to do.
type Problem struct {
	Text  string
	Hint  string
	Retry bool // it may be otherwise in a while
	cause error
}

func (p *Problem) Error() string { return p.Text }

func (p *Problem) Unwrap() error { return p.cause }

// stateOf is the SQLSTATE of a server's answer; empty: it is none.
func stateOf(err error) string {
	var answer *pgconn.PgError
	if errors.As(err, &answer) {
		return answer.Code
	}
	return ""
}

// Classes and codes of SQLSTATE, from PostgreSQL's appendix A.
const (
	badPassword      = "28P01"
	badAuthorization = "28000"
	noDatabase       = "3D000"
	noRights         = "42501"
	unknownParameter = "42704"
	protocol         = "08P01"
	readOnly         = "25006"
	duplicate        = "23505"
	lockNotHad       = "55P03"
	deadlock         = "40P01"
	cancelled        = "57014"
)

// unreachable says why there is no connection.
func (a *address) unreachable(err error) *Problem {
	p := &Problem{cause: err}
	var answer *pgconn.PgError
	var verify *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	switch {
	case errors.As(err, &answer):
		a.refused(p, answer)
	case errors.As(err, &verify), errors.As(err, &unknown), errors.As(err, &host):
		p.Text = fmt.Sprintf("the certificate of the ledger's server %s cannot be trusted: %s", a.host, innermost(err))
		p.Hint = "sslrootcert in the address names a private CA; or is the host's name another?"
	case strings.Contains(err.Error(), "server refused TLS connection"):
		p.Text = fmt.Sprintf("the server %s does not offer an encrypted connection", a.host)
		p.Hint = "have TLS switched on there"
	default:
		p.Retry = true
		p.Text = fmt.Sprintf("the ledger %s cannot be reached: %s", a.shown, reason(err))
		p.Hint = "is the server up? look at --ledger; --wait 10m keeps trying"
	}
	return p
}

// refused is for what a server said to a connection.
func (a *address) refused(p *Problem, answer *pgconn.PgError) {
	switch answer.Code {
	case badPassword, badAuthorization:
		p.Text = fmt.Sprintf("the ledger refuses the user %s: %s", a.config.User, answer.Message)
		p.Hint = "look at BULK_LEDGER_PASSWORD_FILE or ~/.pgpass"
	case noDatabase:
		p.Text = fmt.Sprintf("there is no ledger in %s: %s", a.shown, answer.Message)
		p.Hint = "the right database? for a new one: createdb, then bulk ledger init"
	case unknownParameter:
		p.Text = fmt.Sprintf("the server %s is too old for a ledger: %s", a.host, answer.Message)
		p.Hint = "PostgreSQL 14 or newer is needed"
	case protocol:
		a.pooler(p)
	case noRights:
		p.Text = fmt.Sprintf("the user %s may not use the ledger %s: %s", a.config.User, a.shown, answer.Message)
		p.Hint = "bulk ledger init prints the rights that it needs"
	default: // starting up, too many connections, shutting down
		p.Retry = true
		p.Text = fmt.Sprintf("the ledger %s cannot be reached: %s", a.shown, answer.Message)
		p.Hint = "--wait 10m keeps trying"
	}
}

// Who may do what, as messages name them.
const (
	runner = "bulk_run"
	pruner = "bulk_prune"
	owner  = "the ledger's owner"
)

// roleFor is who may make all of some changes.
func roleFor(ops []store.Op) string {
	role := runner
	for _, op := range ops {
		switch op.(type) {
		case *store.Drop:
			role = pruner
		case *store.Close:
			return owner
		}
	}
	return role
}

// lacks says which role something needs that the user may not do, and how it is had.
func (s *Store) lacks(role string, err error) error {
	user := s.at.config.User
	if role == owner {
		return &Problem{Text: fmt.Sprintf("the user %s may not do that: it needs %s, who said bulk ledger init; name that user in the ledger's address", user, owner), cause: err}
	}
	return &Problem{Text: fmt.Sprintf("the user %s may not do that: it needs the role %s: GRANT %s TO %s, or use another user (%s)", user, role, role, user, said(err)), cause: err}
}

// said is what a server said, without its code.
func said(err error) string {
	var answer *pgconn.PgError
	if errors.As(err, &answer) {
		return answer.Message
	}
	return innermost(err)
}

func (a *address) pooler(p *Problem) {
	p.Text = "a connection pooler stands before the server; the account's lock needs a session of its own"
	p.Hint = "connect to the server itself"
}

// reason is an error in few words.
func reason(err error) string {
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return "no address is known for the host " + dns.Name
	}
	return innermost(err)
}

// innermost is the text of the error at the bottom: above it the library
// repeats the address.
func innermost(err error) string {
	for {
		var next error
		switch e := err.(type) {
		case interface{ Unwrap() error }:
			next = e.Unwrap()
		case interface{ Unwrap() []error }:
			if all := e.Unwrap(); len(all) > 0 {
				next = all[0]
			}
		}
		if next == nil {
			return err.Error()
		}
		err = next
	}
}
