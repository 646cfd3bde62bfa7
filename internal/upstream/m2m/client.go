package m2m

import (
	"context"
	"errors"
	"slices"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/upstream"
	"bulk/internal/upstream/wire"
)

// maxAnswer is the largest answer that is read, in bytes. They are small: the
// largest documented one is some hundred bytes.
const maxAnswer = 1 << 20

// Client reads from the API. It is safe for concurrent use.
type Client struct{ in *inner } // behind a pointer, so that no print shows the secrets

// account is what is sent under, and hidden from what is said: it changes as a
// whole.
type account struct {
	letterhead *letterhead
	reads      wire.Sender
	commands   wire.Sender
	secrets    []wire.Secret // those of before included
}

// defaultCommandTimeout is Config.CommandTimeout where it is not given.
const defaultCommandTimeout = 90 * time.Second

// New returns a client for an account. It fails where the account cannot be
// used: no URL, a user name or password that XML cannot carry.
func New(c Config) (*Client, error) {
	if c.URL == nil {
		return nil, errors.New("the m2m client has no URL")
	}
	if !sayable(c.APIID) {
		return nil, errors.New("the m2m api_id holds a character that XML cannot carry")
	}
	if c.CommandTimeout <= 0 {
		c.CommandTimeout = defaultCommandTimeout
	}
	in := &inner{config: &c, apiID: c.APIID, checkAPIID: c.CheckAPIID}
	if err := in.use(c.Password, c.Secrets); err != nil {
		return nil, err
	}
	return &Client{in}, nil
}

// use sends under a password from now on, and hides it beside the others.
func (in *inner) use(password wire.Secret, others []wire.Secret) error {
	c := *in.config
	c.Password = password
	head, err := newLetterhead(c)
	if err != nil {
		return err
	}
	secrets := append(slices.Clip(others), password)
	sender := wire.Sender{Client: c.HTTP, Timeout: c.Timeout, Mask: wire.Hiding(secrets...), Now: c.Now}
	a := &account{letterhead: head, reads: sender, commands: sender, secrets: secrets}
	a.commands.Timeout = c.CommandTimeout
	in.account.Store(a)
	return nil
}

// Renew has requests sent under another password from now on. The one of before
// stays a secret.
func (c *Client) Renew(password wire.Secret) error {
	return c.in.use(password, c.in.account.Load().secrets)
}

// Query makes one attempt at a read of this API. Any other action is refused
// (bad_request) and nothing is sent.
func (c *Client) Query(ctx context.Context, action jobs.Action, iccid jobs.ICCID) upstream.Attempt {
	op := reads[action]
	if op == nil {
		return notSent("The m2m client cannot query " + string(action) + "; nothing was sent.")
	}
	account := c.in.account.Load()
	return c.in.send(ctx, account, &account.reads, op, iccid, "")
}

// Commander sends irreversible requests.
type Commander struct{ in *inner }

// NewCommander returns a Commander for the account of a client.
func NewCommander(c *Client) *Commander { return &Commander{c.in} }

// Command makes one attempt at an irreversible action. value is what the row
// gives for it: for jobs.SetAAGroup the code of the auto-activation group.
// "invalid iccid" comes back as sim_unknown: whether the SIM is unknown or just
// in the wrong state is for the caller to find out. An action that is no command
// of this API, or a value that XML cannot carry, is refused (bad_request) and
// nothing is sent.
func (c *Commander) Command(ctx context.Context, action jobs.Action, iccid jobs.ICCID, value string) upstream.Attempt {
	op := commands[action]
	switch {
	case op == nil:
		return notSent("The m2m client has no command " + string(action) + "; nothing was sent.")
	case value == "" || !sayable(value):
		return notSent("The " + op.parameter + " is empty or holds a character that XML cannot carry; nothing was sent.")
	}
	account := c.in.account.Load()
	return c.in.send(ctx, account, &account.commands, op, iccid, value)
}

func notSent(detail string) upstream.Attempt {
	return upstream.Attempt{Verdict: jobs.Refused, Code: jobs.BadRequest, Detail: detail}
}

// send makes one attempt: one request, one answer, one verdict. value is that of
// the operation's parameter.
func (in *inner) send(ctx context.Context, from *account, by *wire.Sender, op *operation, iccid jobs.ICCID, value string) upstream.Attempt {
	if iccid == "" {
		return notSent("There is no ICCID; nothing was sent.")
	}
	id := in.apiID
	if id == "" {
		id = freshAPIID()
	}
	a := by.Do(ctx, from.letterhead.request(op, id, string(iccid), value), maxAnswer, func(reply wire.Reply) upstream.Attempt {
		return in.judge(reply, asked{op: op, apiID: id, iccid: string(iccid)})
	})
	a.RequestID = id
	return a
}
