package m2m

import "bulk/internal/jobs"

// reads are the operations that change nothing, by the action that asks for
// them: all that a [Client] can send.
var reads = map[jobs.Action]*operation{
	jobs.QueryStatus:   &queryStatus,
	jobs.QueryContract: &queryContract,
	jobs.QueryQRInfo:   &queryQRInfo,
}

// commands are those that change what nobody can change back. Only a
// [Commander] sends them.
var commands = map[jobs.Action]*operation{
	jobs.SetAAGroup: &setAAGroup,
}
