package m2m

import (
	"bulk/internal/jobs"
	"bulk/internal/upstream"
	"bulk/internal/upstream/words"
)

// setAAGroup's success says no more than that: the network moves the SIM later.
var setAAGroup = operation{
	name: "set_aa_group", parameter: "group",
	failures: map[words.Meaning]reason{
		words.SIM: {jobs.Refused, jobs.SIMUnknown, upstream.NoTrouble,
			"The upstream does not know this SIM under this account, or the SIM is not in a pending group."},
	},
}
