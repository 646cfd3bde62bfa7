package batch

import (
	"fmt"
	"slices"
	"strings"

	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs"
)

// credentialNames are the variables to look at when an upstream refuses the
// credentials.
var credentialNames = map[jobs.Upstream][]string{
	jobs.M2M:     {"BULK_M2M_USERNAME", "BULK_M2M_PASSWORD"},
	jobs.Betatel: {"BULK_BETATEL_API_KEY", "BULK_BETATEL_USER_ID"},
}

// refusal is an upstream that refused the credentials, and what it said.
type refusal struct {
	upstream jobs.Upstream
	words    string
	status   int // 0: a row that was not sent any more
}

// inWords says who refused them, in which words, and what to look at: where they were
// taken from. The sandbox's are its own.
func (r *refusal) inWords(p *settings.Sources, sandbox bool) string {
	said := ""
	switch {
	case r.words != "":
		said = fmt.Sprintf(" (HTTP %d, %q)", r.status, r.words)
	case r.status != 0:
		said = fmt.Sprintf(" (HTTP %d)", r.status)
	}
	names := slices.Clone(credentialNames[r.upstream])
	for i, name := range names {
		if !sandbox {
			names[i] = p.Source(name)
		}
	}
	return fmt.Sprintf("%s refused the credentials%s: look at %s", r.upstream, said, strings.Join(names, " and "))
}
