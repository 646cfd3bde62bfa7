// Package betatel speaks the Betatel eSIM API (JSON over HTTP): it makes one
// request, sends it once, and says what the answer means (upstreams.md, 2).
// It only reads; the API's commands are not used.
//
// Pace and retries are left to package upstream, what becomes of a picture to
// package report.
package betatel
