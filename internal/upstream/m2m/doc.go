// Package m2m speaks the M2M iPortal ("SIM Insight") XML API: it makes one
// request, sends it once, and says what the answer means (upstreams.md, 1).
//
// [Client] can only read. [Commander] is the one thing that can send an
// irreversible request, so a dry run, which makes none, cannot send one.
//
// Pace, retries and preconditions are left to the packages upstream and jobs.
package m2m
