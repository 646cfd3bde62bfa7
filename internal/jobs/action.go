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

// The actions of the contract. What there is to say of each stands in [actions].
const (
	QueryStatus     Action = "query_status"
	QueryContract   Action = "query_contract"
	QueryQRInfo     Action = "query_qr_info"
	SetAAGroup      Action = "set_aa_group"
	GetEUICCProfile Action = "get_euicc_profile"
	GetQRCode       Action = "get_qr_code"
)

// facts are what there is to say of an action.
type facts struct {
	action       Action
	upstream     Upstream
	irreversible bool
	sample       Sample
}

// actions are all there is to do, in the order in which help and tables name it.
var actions = []facts{
	{QueryStatus, M2M, false, Sample{ICCID: "8944500102030001010", Expect: "sim_status=active"}},
	{QueryContract, M2M, false, Sample{ICCID: "8944500102030002034", Expect: "contract_type=1"}},
	{QueryQRInfo, M2M, false, Sample{ICCID: "8944500102030003040", Expect: "qr_status=installed"}},
	{SetAAGroup, M2M, true, Sample{ICCID: "8944500102030001028", Group: "L100", CurrentGroup: "P100"}},
	{GetEUICCProfile, Betatel, false, Sample{ICCID: "8944500102030004022", Expect: "profile_state=ENABLED|INSTALLED"}},
	{GetQRCode, Betatel, false, Sample{ICCID: "8944500102030001010"}},
}

// Sample holds the cells of a row that shows how an action is asked for.
type Sample struct{ ICCID, Group, CurrentGroup, Expect string }

// Actions lists every action, in the order in which help and tables name them.
var Actions = func() []Action {
	var names []Action
	for _, a := range actions {
		names = append(names, a.action)
	}
	return names
}()

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

// Upstream is the API that does the action; empty where there is no such action.
func (a Action) Upstream() Upstream { return a.facts().upstream }

// Irreversible reports whether the action changes what nobody can change back.
func (a Action) Irreversible() bool { return a.facts().irreversible }

// Sample is a row that shows how the action is asked for; the sandbox's fleet
// answers it.
func (a Action) Sample() Sample { return a.facts().sample }

func (a Action) facts() facts {
	for _, f := range actions {
		if f.action == a {
			return f
		}
	}
	return facts{}
}

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
