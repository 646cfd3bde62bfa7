package jobs

import "strings"

// Upstream names one of the two APIs.
type Upstream string

// The upstreams (upstreams.md, 1 and 2).
const (
	M2M     Upstream = "m2m"
	Betatel Upstream = "betatel"
)

// Upstreams lists every upstream, in the order messages name them.
var Upstreams = []Upstream{M2M, Betatel}

// Action is what a row asks for, as it is spelled in the action column.
type Action string

// The actions of the contract.
const (
	QueryStatus     Action = "query_status"
	QueryContract   Action = "query_contract"
	QueryQRInfo     Action = "query_qr_info"
	SetAAGroup      Action = "set_aa_group"
	GetEUICCProfile Action = "get_euicc_profile"
	GetQRCode       Action = "get_qr_code"
)

// Actions lists every action, in the order help and tables name them.
var Actions = []Action{QueryStatus, QueryContract, QueryQRInfo, SetAAGroup, GetEUICCProfile, GetQRCode}

// ParseAction reads an action column. Case, spaces and dashes do not matter.
// It reports false where the text names no action.
func ParseAction(text string) (Action, bool) {
	a := Action(NormalName(text))
	for _, known := range Actions {
		if a == known {
			return a, true
		}
	}
	return "", false
}

// NormalName folds a header or word the way the contract does: lower case,
// no space around it, inner spaces and dashes as underscores.
func NormalName(text string) string {
	return strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(strings.TrimSpace(text)))
}

// Upstream is the API that does the action.
func (a Action) Upstream() Upstream {
	switch a {
	case GetEUICCProfile, GetQRCode:
		return Betatel
	default:
		return M2M
	}
}

// Irreversible reports whether the action changes what nobody can change back.
func (a Action) Irreversible() bool { return a == SetAAGroup }

// Columns lists the data columns the action can fill, those of its live checks
// included.
func (a Action) Columns() []Column { return actionColumns[a] }

var actionColumns = func() map[Action][]Column {
	of := map[Action][]Column{}
	for _, a := range Actions {
		of[a] = ColumnsOf([]Action{a})
	}
	return of
}()
