package main

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"bulk/internal/jobs"
	"bulk/internal/upstream/wire"
)

// credentials are what variables and the settings file say about the upstreams.
type credentials struct {
	m2mURL, betatelURL         *url.URL
	m2mUser                    string
	m2mPassword                wire.Secret
	m2mAPIID                   string
	betatelKey                 wire.Secret
	betatelUser                string
	m2mAccount, betatelAccount string // BULK_…_ACCOUNT; empty: made from user and host
	caFile                     string
}

// credentialNames are the variables to look at when an upstream refuses the
// credentials.
var credentialNames = map[jobs.Upstream][]string{
	jobs.M2M:     {"BULK_M2M_USERNAME", "BULK_M2M_PASSWORD"},
	jobs.Betatel: {"BULK_BETATEL_API_KEY", "BULK_BETATEL_USER_ID"},
}

// refusal is an upstream that refused the credentials, and what it said.
type refusal struct {
	upstream jobs.Upstream
	words    string
	status   int // 0: a row that was not sent any more
}

// String says who refused them, in which words, and what to look at.
func (r *refusal) String() string {
	said := ""
	switch {
	case r.words != "":
		said = fmt.Sprintf(" (HTTP %d, %q)", r.status, r.words)
	case r.status != 0:
		said = fmt.Sprintf(" (HTTP %d)", r.status)
	}
	return fmt.Sprintf("%s refused the credentials%s: look at %s", r.upstream, said, strings.Join(credentialNames[r.upstream], " and "))
}

// readCredentials reads what the given upstreams need. Everything that is
// missing or wrong is named at once.
func (p *sources) readCredentials(needed []jobs.Upstream) (*credentials, error) {
	c := &credentials{}
	e := &environment{p: p}
	for _, u := range needed {
		switch u {
		case jobs.M2M:
			c.m2mURL = e.url("BULK_M2M_URL")
			c.m2mUser = e.need("BULK_M2M_USERNAME")
			c.m2mPassword = wire.Secret(e.need("BULK_M2M_PASSWORD"))
			c.m2mAPIID = e.get("BULK_M2M_API_ID")
			c.m2mAccount = e.get("BULK_M2M_ACCOUNT")
		case jobs.Betatel:
			c.betatelURL = e.url("BULK_BETATEL_URL")
			c.betatelKey = wire.Secret(e.need("BULK_BETATEL_API_KEY"))
			c.betatelUser = e.need("BULK_BETATEL_USER_ID")
			c.betatelAccount = e.get("BULK_BETATEL_ACCOUNT")
		}
	}
	c.caFile = e.get("BULK_CA_FILE")
	return c, e.failure()
}

// account names an upstream's account.
func (c *credentials) account(u jobs.Upstream) string {
	given, user, at := c.m2mAccount, c.m2mUser, c.m2mURL
	if u == jobs.Betatel {
		given, user, at = c.betatelAccount, c.betatelUser, c.betatelURL
	}
	if given != "" {
		return jobs.NormalAccount(given)
	}
	return jobs.AccountName(u, user, at.Host)
}

// environment reads what variables and the settings file say about the
// upstreams, and remembers what was missing or wrong.
type environment struct {
	p       *sources
	missing []string
	wrong   []string
}

// get reads a setting by its variable's name.
func (e *environment) get(name string) string {
	at := slices.IndexFunc(upstreamSettings, func(s upstreamSetting) bool { return s.variable == name })
	found := e.p.find(upstreamSettings[at].setting())
	switch {
	case found.err != nil:
		e.wrong = append(e.wrong, found.err.Error())
		return ""
	case found.words == nil:
		return ""
	}
	if upstreamSettings[at].secret {
		e.p.secrets = append(e.p.secrets, wire.Secret(found.words[0]))
	}
	return found.words[0]
}

func (e *environment) need(name string) string {
	before := len(e.wrong)
	value := e.get(name)
	if value == "" && len(e.wrong) == before {
		e.missing = append(e.missing, name)
	}
	return value
}

func (e *environment) url(name string) *url.URL {
	raw := e.need(name)
	if raw == "" {
		return nil
	}
	u, err := wire.CheckURL(name, raw)
	if err != nil {
		e.wrong = append(e.wrong, err.Error())
	}
	return u
}

func (e *environment) failure() error {
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
		hints = append(hints, "set each, or NAME_FILE with the path of a file that holds it; or use a settings file, --config (bulk config shows what is in force)", "to practise without an account: --sandbox")
	}
	return refused(text, hints...)
}
