package m2m

import (
	"bulk/internal/jobs"
	"bulk/internal/upstream"
	"bulk/internal/upstream/words"
)

// reason is what a readable failure means.
type reason struct {
	verdict jobs.Verdict
	code    jobs.Code
	trouble upstream.Trouble
	detail  string
}

// reasons say what the words of a failure lead to (product.md, Pace). Only
// TooFast lets a command be sent again, and only where the words admit that the
// work was begun is it in doubt.
var reasons = map[words.Meaning]reason{
	words.SIM:         {jobs.Refused, jobs.SIMUnknown, upstream.NoTrouble, "The upstream does not know this SIM under this account."},
	words.Group:       {jobs.Refused, jobs.GroupNotLive, upstream.NoTrouble, "The upstream refused the group: it is unknown or not of type live."},
	words.Content:     {jobs.Refused, jobs.BadRequest, upstream.NoTrouble, "The upstream refused the request as wrong."},
	words.Credentials: {jobs.Refused, jobs.AuthFailed, upstream.BadCredentials, "The upstream refused the credentials."},
	words.Permission:  {jobs.Refused, jobs.PermissionDenied, upstream.NoTrouble, "The account may not do this."},
	words.TimedOut:    {jobs.MaybeSent, jobs.Timeout, upstream.Down, "The upstream says that its work ran past a time or lost its way, which does not mean that nothing was done."},
	words.UnderWay:    {jobs.MaybeSent, jobs.Timeout, upstream.NoTrouble, "The upstream reported a failure and says that the request was accepted, or that it is still at it."},
	words.TooFast:     {jobs.SurelyNotSent, jobs.Throttled, upstream.Throttling, "The upstream limits the rate of requests."},
	words.Parameter:   {jobs.Refused, jobs.BadRequest, upstream.NoTrouble, "The upstream refused the request as wrong."},
	words.Maintenance: {jobs.Refused, jobs.UpstreamError, upstream.Down, "The upstream is out of use for now."},
	words.Unknown:     {jobs.Refused, jobs.UpstreamError, upstream.NoTrouble, "The upstream reported a failure."},
}
