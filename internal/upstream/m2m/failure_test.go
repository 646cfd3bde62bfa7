package m2m

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

func TestClassify(t *testing.T) {
	for code, texts := range map[jobs.Code][]string{
		jobs.Throttled: {
			"Rate limit exceeded", "rate-limited, retry later", "RATE_LIMIT", "ratelimit", "API rate limiting in effect",
			"request limit reached", "Requests limit exceeded for this minute", "Too many requests", "too many API calls",
			"too many concurrent requests", "Too many requests for this username", "Throttled", "throttling: slow down", "request throttled",
			"Daily quota exceeded", "API quota reached", "quota", "exceeded the number of requests", "maximum number of requests reached",
			"limit of 10 requests per second", "only 5 requests are allowed per second", "You are limited to 20 requests a minute",
			"request rate too high", "please slow down", "api limit",
		},
		jobs.AuthFailed: {
			"bad credentials", "Invalid credential", "Authentication failed", "not authenticated", "invalid username or password",
			"Unknown user name", "wrong pass word", "Login failed", "please log in", "Unauthorized", "UNAUTHORISED", "authorization failed",
			"too many failed login requests", "Account locked", "account has been locked", "authorisation header missing",
		},
		jobs.PermissionDenied: {
			"no permission", "Permission denied", "You do not have permissions for this", "forbidden", "access denied", "insufficient rights",
			"not authorised to do this", "not allowed to use this operation", "operation not permitted", "account is not allowed",
		},
		jobs.SIMUnknown:   {"invalid iccid", "Invalid ICCID.", "INVALID_ICCID", "InvalidICCID", "error 12; invalid iccid", "unknown identifier", "iccid not found", "ICCID is unknown"},
		jobs.GroupNotLive: {"invalid group", "Invalid-Group", "unknown group", "group not found"},
		jobs.BadRequest:   {"invalid content", "missing parameter", "bad parameter: iccid", "invalid value", "value not allowed for this SIM type"},
		"": {
			"", "internal error", "credit limit exceeded", "data limit reached", "spending limit", "months remaining limit", "limit reached",
			"rate plan limit reached", "call limit reached", "too many calls", "too many SIMs in this group", "SIM data quota exceeded",
			"SMS quota exceeded", "contract in force", "SIM type not allowed", "try again later", "number of months exceeded",
			"the plugin crashed", "operate", "accelerate limits", "the group is full", "4 9",
		},
	} {
		for _, words := range texts {
			var got jobs.Code
			if r := classify(words); r != nil {
				got = r.code
			}
			require.Equal(t, code, got, words)
		}
	}
}

func TestOnlyThrottlingMayBeSentAgain(t *testing.T) {
	for _, r := range reasons() {
		require.Equal(t, r.code == jobs.Throttled, r.verdict == jobs.SurelyNotSent, r.detail)
		require.NotEqual(t, jobs.Done, r.verdict)
		require.NotEmpty(t, r.detail)
	}
}
