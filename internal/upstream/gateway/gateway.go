// Package gateway joins the API clients and the lines to them into what the
// rows ask of the upstreams: [Reads], which can change nothing, and [Commands].
// A dry run is given Reads alone, so that nothing in the process could send a
// command. It leaves the requests to m2m and betatel, and when they go to
// package upstream.
package gateway

import (
	"context"
	"fmt"

	"bulk/internal/jobs"
	"bulk/internal/upstream"
	"bulk/internal/upstream/betatel"
	"bulk/internal/upstream/m2m"
)

// Reads asks the upstreams; it is a [jobs.Asker]. An upstream that the input
// does not need may be nil.
type Reads struct {
	M2M         *m2m.Client
	M2MLine     *upstream.Line
	Betatel     *betatel.Client
	BetatelLine *upstream.Line
}

// Ask performs a read action for a SIM.
func (r *Reads) Ask(ctx context.Context, turn jobs.Turn, action jobs.Action, iccid jobs.ICCID) jobs.Answer {
	switch {
	case action.Irreversible():
	case action.Upstream() == jobs.M2M:
		return r.M2MLine.Read(ctx, turn, iccid, func(ctx context.Context) upstream.Attempt { return r.M2M.Query(ctx, action, iccid) })
	case action == jobs.GetEUICCProfile:
		return r.BetatelLine.Read(ctx, turn, iccid, func(ctx context.Context) upstream.Attempt { return r.Betatel.Profile(ctx, iccid) })
	case action == jobs.GetQRCode:
		return r.BetatelLine.Read(ctx, turn, iccid, func(ctx context.Context) upstream.Attempt { return r.Betatel.QRCode(ctx, iccid) })
	}
	return jobs.Answer{Verdict: jobs.Refused, Code: jobs.BadRequest, Detail: fmt.Sprintf("%s is not a read", action)}
}

// Commands sends irreversible requests; it is a [jobs.Commander].
type Commands struct {
	reads     *Reads
	commander *m2m.Commander
}

// NewCommands returns what sends commands on the way that r reads on.
func NewCommands(r *Reads) *Commands {
	return &Commands{r, m2m.NewCommander(r.M2M)}
}

// SetAAGroup assigns the auto-activation group (a code) to a SIM.
func (c *Commands) SetAAGroup(ctx context.Context, turn jobs.Turn, iccid jobs.ICCID, group string, in jobs.Intent) jobs.Answer {
	send := func(ctx context.Context) upstream.Attempt {
		return c.commander.Command(ctx, jobs.SetAAGroup, iccid, group)
	}
	probe := func(ctx context.Context) upstream.Attempt { return c.reads.M2M.Query(ctx, jobs.QueryStatus, iccid) }
	return c.reads.M2MLine.Command(ctx, turn, iccid, in, send, probe)
}
