package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"bulk/cmd/bulk/batch"
	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/internal/upstream/sandbox"
)

func newSandbox(p *settings.Sources, u *console.UI) *cobra.Command {
	var addr, latency, style string
	var rate float64
	var faults []string
	s := &settings.Options{Sandbox: true}
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Serve both APIs on loopback until interrupted",
		Long: `Serves the m2m and betatel APIs on loopback, with a fleet of SIMs whose state
changes stay as long as it runs. The lines that point bulk at it go to standard
output. Faults rehearse trouble: [ACTION:]KIND=SHARE, with a share of the requests
(5%), the first N of them (3), or all. ACTION may be m2m or betatel for everything
of one API. The kinds:

` + faultKinds(),
		Example: `  bulk sandbox --addr 127.0.0.1:8080
  bulk sandbox --addr 127.0.0.1:8080 --latency 20ms-80ms --rate-limit 10
  bulk sandbox --fault set_aa_group:timeout-after=2% --fault betatel:503=1%
  bulk sandbox > sandbox.env &   # then: set -a; . ./sandbox.env; bulk run fleet.csv`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, err := batch.SandboxConfig(s)
			if err != nil {
				return err
			}
			if config.Latency, err = sandbox.ParseLatency(latency); err != nil {
				return console.Misused("--latency: %v", err)
			}
			if config.RateStyle, err = sandbox.ParseRateStyle(style); err != nil {
				return console.Misused("--rate-style: %v", err)
			}
			config.RateLimit = rate
			for _, text := range faults {
				fault, err := sandbox.ParseFault(text)
				if err != nil {
					return console.Misused("--fault: %v", err)
				}
				config.Faults = append(config.Faults, fault)
			}
			return serveSandbox(cmd.Context(), p, u, config, addr)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&addr, "addr", "127.0.0.1:8080", "loopback `ADDRESS` to serve on; port 0 takes a free one")
	f.StringVar(&s.Fleet, "fleet", "", "fleet `FILE`, a CSV with the SIMs and their state (built in)")
	f.StringVar(&s.Catalog, "catalog", "", "group catalogue `FILE` (built in)")
	f.StringVar(&latency, "latency", "0s", "how long an answer takes, `TIME` or a range such as 20ms-80ms")
	f.Float64Var(&rate, "rate-limit", 0, "requests a second, `N`, above which each API refuses; 0: no limit")
	f.StringVar(&style, "rate-style", "429", "how it refuses them: `"+settings.Join(sandbox.RateStyles())+"`")
	f.StringSliceVar(&faults, "fault", nil, "a fault, `[ACTION:]KIND=SHARE`; repeatable")
	return cmd
}

func faultKinds() string {
	var b strings.Builder
	for _, k := range sandbox.Kinds() {
		fmt.Fprintf(&b, "  %-14s %s\n", k.Kind, k.Sentence)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// serveSandbox serves until a signal comes.
func serveSandbox(ctx context.Context, p *settings.Sources, u *console.UI, config sandbox.Config, addr string) error {
	s := sandbox.New(config)
	running, err := s.Start(addr)
	if err != nil {
		return console.Broken(err, "look at --addr")
	}
	defer running.Close()
	for _, line := range running.Environment() {
		fmt.Fprintln(p.Stdout, line)
	}
	u.Say("the sandbox serves both APIs at http://%s until interrupted; what it saw: http://%s/_sandbox/stats", running.Addr(), running.Addr())
	<-ctx.Done()
	stats := s.Stats()
	u.Say("served %s to m2m and %d to betatel; %s done", console.Plural(stats.M2M.Requests, "request", "requests"), stats.Betatel.Requests,
		console.Plural(stats.CommandsDone, "command was", "commands were"))
	return nil
}
