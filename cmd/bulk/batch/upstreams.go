package batch

import (
	"errors"
	"io/fs"
	"net/http"
	"time"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
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
func connect(p *settings.Sources, s *settings.Options, needed []jobs.Upstream, observe upstream.Observer) (*upstreams, error) {
	rates := s.Checked.Rates
	c, stopSandbox, err := credentialsFor(p, s, needed)
	if err != nil {
		return nil, err
	}
	up := &upstreams{reads: &gateway.Reads{}, lines: map[jobs.Upstream]*upstream.Line{}, accounts: map[jobs.Upstream]string{}}
	client, err := wire.NewClient(wire.Options{Connections: connections(s), CAFile: c.CaFile})
	if err != nil {
		stopSandbox()
		text := err.Error()
		if unread := (*fs.PathError)(nil); errors.As(err, &unread) {
			text = console.Unread("the CA file "+c.CaFile, err)
		}
		return nil, console.Refused(text, "look at BULK_CA_FILE")
	}
	up.close = func() { client.CloseIdleConnections(); stopSandbox() }
	for _, u := range needed {
		at := c.M2mURL
		if u == jobs.Betatel {
			at = c.BetatelURL
		}
		if rates[u] == 0 && !wire.Loopback(at.Hostname()) {
			up.close()
			return nil, console.Misused("--rate %s=0 (no limit) is for loopback only", u)
		}
		if err := up.add(u, c, client, s, rates[u], observe); err != nil {
			up.close()
			return nil, console.Refused(err.Error())
		}
		if !s.Sandbox {
			up.renewable(p, u, c)
		}
	}
	return up, nil
}

// connections is how many idle connections are kept for each upstream.
func connections(s *settings.Options) int {
	if n := s.Checked.Workers; n > 0 {
		return n
	}
	return runner.MostWorkers
}

func (up *upstreams) add(u jobs.Upstream, c *settings.Credentials, client *http.Client, s *settings.Options, rate float64, observe upstream.Observer) (err error) {
	line := upstream.NewLine(upstream.Settings{
		Upstream: u, Rate: rate, Retries: s.Retries, MaxOutage: s.MaxOutage, Observe: observe, Woke: client.CloseIdleConnections,
	})
	secrets := []wire.Secret{c.M2mPassword, c.BetatelKey} // of either, whichever upstream spells it back
	up.lines[u], up.accounts[u] = line, c.Account(u)
	switch u {
	case jobs.M2M:
		up.reads.M2MLine = line
		up.reads.M2M, err = m2m.New(m2m.Config{
			URL: c.M2mURL, Username: c.M2mUser, Password: c.M2mPassword, APIID: c.M2mAPIID,
			CheckAPIID: !s.NoAPIIDCheck, HTTP: client, Timeout: s.Timeout, CommandTimeout: s.CommandTimeout, Secrets: secrets,
		})
	case jobs.Betatel:
		up.reads.BetatelLine = line
		up.reads.Betatel, err = betatel.New(betatel.Config{
			BaseURL: c.BetatelURL, APIKey: c.BetatelKey, UserID: c.BetatelUser, HTTP: client, Timeout: s.Timeout, Secrets: secrets,
		})
	}
	return err
}

// renewable has the way to an upstream read its secret once more where it is
// refused in mid-run and a file holds it: somebody may have changed it there. The
// user stays, since he names the account.
func (up *upstreams) renewable(p *settings.Sources, u jobs.Upstream, c *settings.Credentials) {
	switch u {
	case jobs.M2M:
		up.lines[u].Renew = p.Rereading("BULK_M2M_PASSWORD", c.M2mPassword, up.reads.M2M.Renew)
	case jobs.Betatel:
		up.lines[u].Renew = p.Rereading("BULK_BETATEL_API_KEY", c.BetatelKey, up.reads.Betatel.Renew)
	}
}

// warnOfSleep has the person told where the machine slept while a run went on.
func (up *upstreams) warnOfSleep(u *console.UI) {
	for name, line := range up.lines {
		woke := line.Woke
		line.Woke = func() {
			woke()
			u.Warn("this machine slept, or this process was stopped: nothing irreversible is sent to %s until a read has succeeded", name)
		}
	}
}

// credentialsFor reads the environment, or starts a sandbox and knows its own.
func credentialsFor(p *settings.Sources, s *settings.Options, needed []jobs.Upstream) (*settings.Credentials, func(), error) {
	if !s.Sandbox {
		c, err := p.ReadCredentials(needed)
		return c, func() {}, err
	}
	config, err := SandboxConfig(s)
	if err != nil {
		return nil, nil, err
	}
	running, err := sandbox.New(config).Start("127.0.0.1:0")
	if err != nil {
		return nil, nil, console.Broken(err)
	}
	inside := map[string]string{}
	for _, pair := range running.Environment() {
		name, value := settings.SplitPair(pair)
		inside[name] = value
	}
	demo := &settings.Sources{Process: &console.Process{Env: func(name string) (string, bool) { v, ok := inside[name]; return v, ok }, Now: time.Now}}
	c, err := demo.ReadCredentials(needed)
	if err != nil {
		running.Close()
		return nil, nil, err
	}
	c.M2mAccount, c.BetatelAccount = sandboxAccounts[jobs.M2M], sandboxAccounts[jobs.Betatel]
	return c, running.Close, nil
}

// SandboxConfig is the sandbox that --sandbox and --fleet ask for. A --catalog
// given with it is the sandbox's too.
func SandboxConfig(s *settings.Options) (sandbox.Config, error) {
	var config sandbox.Config
	if s.Fleet != "" {
		file, err := openFile("the fleet ", s.Fleet, "look at --fleet")
		if err != nil {
			return config, err
		}
		defer file.Close()
		if config.Fleet, err = sandbox.LoadFleet(file); err != nil {
			return config, console.Refused("reading the fleet "+s.Fleet+": "+err.Error(), "mend the file that --fleet names")
		}
	}
	if s.Catalog != "" {
		file, err := openFile("the group catalogue ", s.Catalog, "look at --catalog")
		if err != nil {
			return config, err
		}
		defer file.Close()
		if config.Catalog, err = sandbox.LoadCatalog(file); err != nil {
			return config, console.Refused(err.Error(), "mend the file that --catalog names")
		}
	}
	return config, nil
}
