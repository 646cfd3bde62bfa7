package words_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/upstream/words"
)

func TestOf(t *testing.T) {
	for meaning, texts := range map[words.Meaning][]string{
		words.SIM: {
			"invalid iccid", "Invalid ICCID.", "INVALID_ICCID", "InvalidICCID", "error 12; invalid iccid", "unknown identifier", "iccid not found",
			"ICCID is unknown", "unknown SIM", "invalid iccid: too many requests", "invalid iccid (request timed out)",
		},
		words.Group:   {"invalid group", "Invalid-Group", "unknown group", "group not found", "invalid group; try again in 60 seconds"},
		words.Content: {"invalid content", "content not allowed"},
		words.Credentials: {
			"bad credentials", "Invalid credential", "Authentication failed", "not authenticated", "invalid username or password", "Unknown user name",
			"wrong pass word", "Login failed", "please log in", "Unauthorized", "UNAUTHORISED", "authorization failed", "too many failed login requests",
			"Account locked", "account has been locked", "authorisation header missing", "unknown user", "account disabled", "user not found",
			"API key revoked", "login failed: request timed out", "You must sign in", "authentication error",
		},
		words.Permission: {
			"no permission", "Permission denied", "You do not have permissions for this", "forbidden", "access denied", "insufficient rights",
			"not authorised to do this", "not allowed to use this operation", "operation not permitted", "account is not allowed",
		},
		words.TimedOut: {
			"Maximum request time exceeded", "Max request processing time reached", "Allowed request duration exceeded", "timeout", "Request timed out",
			"Backend did not answer within the request limit", "no response from the HLR", "Gateway time-out", "deadline exceeded",
			"The operation took too long", "time limit of the rate limiter reached", "Timed out: rate limit exceeded", "too many requests; the request timed out",
			"execution time exceeded the quota", "Maximum execution time of 30 seconds", "Exceeded the allowed time", "not completed in time",
			"not done within 30 seconds", "connection to the backend was lost", "result unknown", "partially completed", "HLR failed to respond",
			"Transaction timeout, throttling active", "RequestTimeout", "REQUESTTIMEOUT", "GatewayTimedOut", "time's up: time is over",
		},
		words.UnderWay: {
			"group change scheduled", "the request rate limit was met while processing", "transaction duplicated", "Duplicate request",
			"Order accepted; notification throttled", "request accepted", "The request is being processed", "Order already received", "queued: order is queued",
			"request has been submitted", "in progress", "still processing", "accepted, but the rate limit for notifications was reached",
			"The change will be executed tonight", "pending approval", "processing has started", "order was executed", "request was processed",
		},
		words.TooFast: {
			"Rate limit exceeded", "rate-limited, retry later", "RATE_LIMIT", "ratelimit", "API rate limiting in effect",
			"request limit reached", "Requests limit exceeded for this minute", "Too many requests", "too many API calls",
			"too many concurrent requests", "Too many requests for this username", "Throttled", "throttling: slow down", "request throttled",
			"Daily quota exceeded", "API quota reached", "exceeded the number of requests", "maximum number of requests reached",
			"limit of 10 requests per second", "only 5 requests are allowed per second", "You are limited to 20 requests a minute",
			"request rate too high", "please slow down", "api limit", "Rate limit exceeded, try another time", "Too many requests within 60 seconds",
			"rate limit exceeded; try again in 60 seconds", "the request was not accepted: rate limit",
		},
		words.Parameter:   {"missing parameter", "bad parameter: 3", "invalid value", "value not allowed for this SIM type"},
		words.Maintenance: {"System under maintenance", "The service is temporarily unavailable", "we will be back soon"},
		words.Unknown: {
			"", "internal error", "credit limit exceeded", "data limit reached", "spending limit", "months remaining limit", "limit reached",
			"rate plan limit reached", "call limit reached", "too many calls", "too many SIMs in this group", "SIM data quota exceeded",
			"SMS quota exceeded", "contract in force", "SIM type not allowed", "try again later", "number of months exceeded",
			"the plugin crashed", "operate", "accelerate limits", "the group is full", "4 9", "quota", "try again in 60 seconds",
			"Maximum request length exceeded", "value 7 is not accepted", "the request could not be accepted", "the group is pending, not live",
			"not processed", "session expired", "order was not executed", "accepted values are 0 to 4",
		},
	} {
		for _, text := range texts {
			require.Equal(t, meaning, words.Of(text), text)
		}
	}
}

func TestWhatWordsSpeakOf(t *testing.T) {
	for _, text := range []string{"no such iccid", "InvalidICCID", "the SIM is busy", "eSIM gone", "subscriber barred", "bad identifier", "group full", "contract in force", "QR used up", "content missing"} {
		require.True(t, words.SpeakOfSIM(text), text)
	}
	for _, text := range []string{"", "boom", "similar", "Simon", "error 1045", "unknown user"} {
		require.False(t, words.SpeakOfSIM(text), text)
	}
	for _, text := range []string{"unknown user", "account disabled", "session expired", "wrong password", "Sign in", "API key revoked", "not authenticated"} {
		require.True(t, words.SpeakOfAccount(text), text)
	}
	for _, text := range []string{"", "boom", "error 1045", "superuser", "discount"} {
		require.False(t, words.SpeakOfAccount(text), text)
	}
	require.True(t, words.LoginIn("Log in to your portal"))
	require.False(t, words.LoginIn("Runtime Error"))
	require.True(t, words.MaintenanceIn("Maintenance. We will be back soon."))
	require.False(t, words.MaintenanceIn("Welcome"))
	require.True(t, words.TooFastIn("permission denied: too many requests"))
	require.False(t, words.TooFastIn("permission denied"))
}
