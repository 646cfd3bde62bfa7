package main

import (
	"slices"
	"strings"

	"bulk/internal/jobs"
	"bulk/internal/upstream/wire"
)

// renewable has the way to an upstream read its secret once more where it is
// refused in mid-run and a file holds it: somebody may have changed it there. The
// user stays, since he names the account.
func (up *upstreams) renewable(p *sources, u jobs.Upstream, c *credentials) {
	switch u {
	case jobs.M2M:
		up.lines[u].Renew = p.rereading("BULK_M2M_PASSWORD", c.m2mPassword, up.reads.M2M.Renew)
	case jobs.Betatel:
		up.lines[u].Renew = p.rereading("BULK_BETATEL_API_KEY", c.betatelKey, up.reads.Betatel.Renew)
	}
}

// rereading returns what reads a secret once more and reports whether it has
// changed and is used from now on; nil where no file holds it.
func (p *sources) rereading(variable string, known wire.Secret, use func(wire.Secret) error) func() bool {
	at := slices.IndexFunc(upstreamSettings, func(s upstreamSetting) bool { return s.variable == variable })
	s := upstreamSettings[at].setting()
	if !strings.HasPrefix(p.find(s).via, "file ") {
		return nil
	}
	return func() bool {
		found := p.find(s)
		if found.err != nil || found.words == nil || wire.Secret(found.words[0]) == known {
			return false
		}
		read := wire.Secret(found.words[0])
		if use(read) != nil {
			return false
		}
		known = read
		return true
	}
}
