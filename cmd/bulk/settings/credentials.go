package settings

import (
	"net/url"
	"slices"
	"strings"

	"bulk/cmd/bulk/console"
	"bulk/internal/jobs"
	"bulk/internal/upstream/wire"
)

// Credentials are what variables and the settings file say about the upstreams.
type Credentials struct {
	M2mURL, BetatelURL         *url.URL
	M2mUser                    string
	M2mPassword                wire.Secret
	M2mAPIID                   string
	BetatelKey                 wire.Secret
	BetatelUser                string
	M2mAccount, BetatelAccount string // BULK_…_ACCOUNT; empty: made from user and host
	CaFile                     string
}

// ReadCredentials reads what the given upstreams need. Everything that is
// missing or wrong is named at once.
func (p *Sources) ReadCredentials(needed []jobs.Upstream) (*Credentials, error) {
	c := &Credentials{}
	e := &Environment{P: p}
	for _, u := range needed {
		switch u {
		case jobs.M2M:
			c.M2mURL = e.url("BULK_M2M_URL")
			c.M2mUser = e.Need("BULK_M2M_USERNAME")
			c.M2mPassword = wire.Secret(e.Need("BULK_M2M_PASSWORD"))
			c.M2mAPIID = e.Get("BULK_M2M_API_ID")
			c.M2mAccount = e.Get("BULK_M2M_ACCOUNT")
		case jobs.Betatel:
			c.BetatelURL = e.url("BULK_BETATEL_URL")
			c.BetatelKey = wire.Secret(e.Need("BULK_BETATEL_API_KEY"))
			c.BetatelUser = e.Need("BULK_BETATEL_USER_ID")
			c.BetatelAccount = e.Get("BULK_BETATEL_ACCOUNT")
		}
	}
	c.CaFile = e.Get("BULK_CA_FILE")
	return c, e.Failure()
}

// Source says what an upstream's setting was taken from, by its variable's name:
// "BULK_M2M_PASSWORD_COMMAND (command vault)", "m2m.password in bulk.yaml:3 (file key)".
func (p *Sources) Source(variable string) string {
	at := slices.IndexFunc(UpstreamSettings, func(s UpstreamSetting) bool { return s.Variable == variable })
	found := p.Find(UpstreamSettings[at].Setting())
	name, byVariable := strings.CutPrefix(found.From, "variable ")
	switch {
	case found.From == "":
		return variable
	case !byVariable:
		name = UpstreamSettings[at].Key + " in " + strings.Replace(found.From, " in ", " of ", 1)
	}
	if found.Via != "" {
		name += " (" + found.Via + ")"
	}
	return name
}

// Account names an upstream's account.
func (c *Credentials) Account(u jobs.Upstream) string {
	given, user, at := c.M2mAccount, c.M2mUser, c.M2mURL
	if u == jobs.Betatel {
		given, user, at = c.BetatelAccount, c.BetatelUser, c.BetatelURL
	}
	if given != "" {
		return jobs.NormalAccount(given)
	}
	return jobs.AccountName(u, user, at.Host)
}

// LedgerPassword is that of a ledger in a database, where it is said.
func (p *Sources) LedgerPassword() (string, error) {
	e := &Environment{P: p}
	password := e.Get("BULK_LEDGER_PASSWORD")
	return password, e.Failure()
}

// Environment reads what variables and the settings file say about the
// upstreams, and remembers what was missing or wrong.
type Environment struct {
	P       *Sources
	missing []string
	wrong   []string
}

// Get reads a setting by its variable's name.
func (e *Environment) Get(name string) string {
	at := slices.IndexFunc(UpstreamSettings, func(s UpstreamSetting) bool { return s.Variable == name })
	found := e.P.Find(UpstreamSettings[at].Setting())
	switch {
	case found.Err != nil:
		e.wrong = append(e.wrong, found.Err.Error())
		return ""
	case found.Words == nil:
		return ""
	}
	if UpstreamSettings[at].Secret {
		e.P.secrets = append(e.P.secrets, wire.Secret(found.Words[0]))
	}
	return found.Words[0]
}

func (e *Environment) Need(name string) string {
	before := len(e.wrong)
	value := e.Get(name)
	if value == "" && len(e.wrong) == before {
		e.missing = append(e.missing, name)
	}
	return value
}

func (e *Environment) url(name string) *url.URL {
	raw := e.Need(name)
	if raw == "" {
		return nil
	}
	u, err := wire.CheckURL(name, raw)
	if err != nil {
		e.wrong = append(e.wrong, err.Error())
	}
	return u
}

func (e *Environment) Failure() error {
	if e.missing == nil && e.wrong == nil {
		return nil
	}
	text := strings.Join(e.wrong, "; ")
	var hints []string
	if e.missing != nil {
		if text != "" {
			text += "; "
		}
		text += "not set: " + strings.Join(e.missing, ", ")
		hints = append(hints, "set each, or NAME_FILE with the path of a file that holds it, or NAME_COMMAND with a command that prints it; or use a settings file, --config (bulk config shows what is in force)", "to practise without an account: --sandbox")
	}
	return console.Refused(text, hints...)
}
