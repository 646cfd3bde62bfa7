package main

import (
	"net/http"
	"os"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/jobs/runner"
	"bulk/internal/upstream"
	"bulk/internal/upstream/betatel"
	"bulk/internal/upstream/gateway"
	"bulk/internal/upstream/m2m"
	"bulk/internal/upstream/sandbox"
	"bulk/internal/upstream/wire"
)

// upstreams is the way to the APIs that an input needs.
type upstreams struct {
	reads    *gateway.Reads
	lines    map[jobs.Upstream]*upstream.Line
	accounts map[jobs.Upstream]string
	close    func()
}

// sandboxAccounts are the same in every sandbox, whatever its port, so that a
// plan made in one can be applied in the next; and they are no real account.
var sandboxAccounts = map[jobs.Upstream]string{
	jobs.M2M:     "m2m:" + sandbox.DemoUsername + "@sandbox",
	jobs.Betatel: "betatel:" + sandbox.DemoUserID + "@sandbox",
}

// connect prepares the way to the given upstreams; nothing is sent yet.
func (p *sources) connect(s *settings, needed []jobs.Upstream, observe upstream.Observer) (*upstreams, error) {
	rates := s.checked.rates
	c, stopSandbox, err := p.credentialsFor(s, needed)
	if err != nil {
		return nil, err
	}
	up := &upstreams{reads: &gateway.Reads{}, lines: map[jobs.Upstream]*upstream.Line{}, accounts: map[jobs.Upstream]string{}}
	client, err := wire.NewClient(wire.Options{Connections: s.connections(), CAFile: c.caFile})
	if err != nil {
		stopSandbox()
		return nil, refused(err.Error(), "look at BULK_CA_FILE")
	}
	up.close = func() { client.CloseIdleConnections(); stopSandbox() }
	for _, u := range needed {
		at := c.m2mURL
		if u == jobs.Betatel {
			at = c.betatelURL
		}
		if rates[u] == 0 && !wire.Loopback(at.Hostname()) {
			up.close()
			return nil, misused("--rate %s=0 (no limit) is for loopback only", u)
		}
		if err := up.add(u, c, client, s, rates[u], observe); err != nil {
			up.close()
			return nil, refused(err.Error())
		}
		if !s.sandbox {
			up.renewable(p, u, c)
		}
	}
	return up, nil
}

// connections is how many idle connections are kept for each upstream.
func (s *settings) connections() int {
	if n := s.checked.workers; n > 0 {
		return n
	}
	return runner.MostWorkers
}

func (up *upstreams) add(u jobs.Upstream, c *credentials, client *http.Client, s *settings, rate float64, observe upstream.Observer) (err error) {
	line := upstream.NewLine(upstream.Settings{
		Upstream: u, Rate: rate, Retries: s.retries, MaxOutage: s.maxOutage, Observe: observe, Woke: client.CloseIdleConnections,
	})
	secrets := []wire.Secret{c.m2mPassword, c.betatelKey} // of either, whichever upstream spells it back
	up.lines[u], up.accounts[u] = line, c.account(u)
	switch u {
	case jobs.M2M:
		up.reads.M2MLine = line
		up.reads.M2M, err = m2m.New(m2m.Config{
			URL: c.m2mURL, Username: c.m2mUser, Password: c.m2mPassword, APIID: c.m2mAPIID,
			CheckAPIID: !s.noAPIIDCheck, HTTP: client, Timeout: s.timeout, CommandTimeout: s.commandTimeout, Secrets: secrets,
		})
	case jobs.Betatel:
		up.reads.BetatelLine = line
		up.reads.Betatel, err = betatel.New(betatel.Config{
			BaseURL: c.betatelURL, APIKey: c.betatelKey, UserID: c.betatelUser, HTTP: client, Timeout: s.timeout, Secrets: secrets,
		})
	}
	return err
}

// warnOfSleep has the person told where the machine slept while a run went on.
func (up *upstreams) warnOfSleep(u *ui) {
	for name, line := range up.lines {
		woke := line.Woke
		line.Woke = func() {
			woke()
			u.warn("this machine slept, or this process was stopped: nothing irreversible is sent to %s until a read has succeeded", name)
		}
	}
}

// credentialsFor reads the environment, or starts a sandbox and knows its own.
func (p *sources) credentialsFor(s *settings, needed []jobs.Upstream) (*credentials, func(), error) {
	if !s.sandbox {
		c, err := p.readCredentials(needed)
		return c, func() {}, err
	}
	config, err := s.sandboxConfig()
	if err != nil {
		return nil, nil, err
	}
	running, err := sandbox.New(config).Start("127.0.0.1:0")
	if err != nil {
		return nil, nil, broken(err)
	}
	inside := map[string]string{}
	for _, pair := range running.Environment() {
		name, value := splitPair(pair)
		inside[name] = value
	}
	demo := &sources{process: &process{env: func(name string) (string, bool) { v, ok := inside[name]; return v, ok }, now: time.Now}}
	c, err := demo.readCredentials(needed)
	if err != nil {
		running.Close()
		return nil, nil, err
	}
	c.m2mAccount, c.betatelAccount = sandboxAccounts[jobs.M2M], sandboxAccounts[jobs.Betatel]
	return c, running.Close, nil
}

// sandboxConfig is the sandbox that --sandbox and --fleet ask for. A --catalog
// given with it is the sandbox's too.
func (s *settings) sandboxConfig() (sandbox.Config, error) {
	var config sandbox.Config
	if s.fleet != "" {
		file, err := os.Open(s.fleet)
		if err != nil {
			return config, refused(err.Error(), "look at --fleet")
		}
		defer file.Close()
		if config.Fleet, err = sandbox.LoadFleet(file); err != nil {
			return config, refused("reading the fleet "+s.fleet+": "+err.Error(), "mend the file that --fleet names")
		}
	}
	if s.catalog != "" {
		file, err := os.Open(s.catalog)
		if err != nil {
			return config, refused(err.Error(), "look at --catalog")
		}
		defer file.Close()
		if config.Catalog, err = sandbox.LoadCatalog(file); err != nil {
			return config, refused(err.Error(), "mend the file that --catalog names")
		}
	}
	return config, nil
}
