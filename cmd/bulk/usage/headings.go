// Package usage is how a command's help looks: its flags under headings, nothing
// wider than a terminal, and what may have been meant where a word is misspelt. What
// the flags do is for package settings and the commands.
package usage

// heading is a part of a command's flags.
type heading struct {
	title string
	flags []string
}

// Headings are where each flag stands in the help, in this order. A flag is in the
// list once, whatever commands have it.
var headings = []heading{
	{"What to do with the input", []string{"dry-run", "action", "group", "only", "column", "sheet", "delimiter", "iccid-check", "current-groups"}},
	{"Where results go", []string{"output", "report", "job", "qr-dir", "qr-sheet", "qr-label", "redact", "for-excel", "force", "json", "table", "all"}},
	{"Before anything irreversible", []string{
		"yes", "max-changes", "approve", "max-plan-age", "canary", "catalog", "no-group-check", "preflight", "again", "reason", "approved-by", "detailed-exitcode",
	}},
	{"The run and its history", []string{"ledger", "engine", "temporal", "namespace", "detach", "resume", "restart", "wait", "until", "max-duration", "new-ledger", "last-run-within", "mark-dir", "keep-results"}},
	{"Pace and patience", []string{"rate", "workers", "retries", "timeout", "command-timeout", "max-outage", "grace"}},
	{"What ends a run", []string{"max-in-doubt", "max-failures", "max-refusals", "no-api-id-check"}},
	{"Being told", []string{"progress", "notify", "notify-start", "on-finish", "metrics", "portal-url", "quiet"}},
	{"Practising", []string{"sandbox", "fleet", "addr", "latency", "rate-limit", "rate-style", "fault"}},
	{"Which", []string{"accounts", "iccid", "unknown", "since", "user", "account", "input", "older-than", "from", "to", "results", "in-doubt", "new-name"}},
	{"What the portal shows", []string{"done", "not-done", "cannot-tell", "undo"}},
	{"Settings and log", []string{"config", "profile", "log-format", "log-level", "help", "version"}},
}
