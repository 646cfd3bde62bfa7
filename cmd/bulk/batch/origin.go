package batch

import (
	"cmp"
	"context"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/internal/report"
)

// origin says where the run comes from, for everybody who is told how it ended.
func (j *begun) origin(ctx context.Context, given settings.Handed) report.Origin {
	o := report.Origin{Accounts: j.accounts, User: j.p.User(), Host: console.Host(), InputDigest: j.run.Digest}
	if j.leg != nil || j.theirs { // workers do what somebody else wants
		o.User, o.Host = j.run.User, j.run.Host
	}
	switch {
	case j.theirs: // by what they were given, whatever is given here
		o.Catalog, o.CatalogDigest = given.CatalogName, given.Catalog
	case j.catalog != nil:
		o.Catalog, o.CatalogDigest = cmp.Or(j.s.Catalog, "the sandbox's"), j.catalog.Digest
		if j.leg != nil { // here it is a copy
			o.Catalog = j.leg.catalog
		}
	}
	approvals, err := j.db.Approvals(ctx, j.run.ID)
	if err != nil {
		j.u.Warn("who approved the run cannot be read: %v", err)
	}
	for _, a := range approvals {
		o.Approvals = append(o.Approvals, report.Approval{At: a.At, User: a.User, How: a.How, SIMs: a.SIMs, Reason: a.Reason})
	}
	return o
}
