package sandbox

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"bulk/internal/jobs"
)

// The operations: m2m's as the root of a request names them, betatel's as its
// SDK does.
const (
	queryStatus   = "query_status"
	queryContract = "query_contract"
	queryQRInfo   = "query_qr_info"
	setAAGroup    = "set_aa_group"
	setQRStatus   = "set_qr_status"
	setGroup      = "set_group"
	setStatus     = "set_status"
	getProfile    = "get_euicc_profile"
	getQRCode     = "get_qr_code"
)

var (
	m2mOperations     = []string{queryStatus, queryContract, queryQRInfo, setAAGroup, setQRStatus, setGroup, setStatus}
	betatelOperations = []string{getProfile, getQRCode}
)

// Scope says which requests something is for: an operation, an upstream, or
// all of them where it is empty.
type Scope string

func (s Scope) check() error {
	if s == "" || s == Scope(jobs.M2M) || s == Scope(jobs.Betatel) ||
		slices.Contains(m2mOperations, string(s)) || slices.Contains(betatelOperations, string(s)) {
		return nil
	}
	return fmt.Errorf("%q is neither an upstream nor an operation: want m2m, betatel, %s or %s", string(s),
		strings.Join(m2mOperations, ", "), strings.Join(betatelOperations, ", "))
}

func (s Scope) holds(c call) bool {
	return s == "" || s == Scope(c.upstream) || s == Scope(c.operation)
}

// Fault is a kind of trouble and the requests it hits. Of Percent, First and
// neither (every request) one applies.
type Fault struct {
	Scope   Scope
	Kind    Kind
	Percent float64 // this share of the matching requests, above 0 to 100
	First   int     // the first so many matching requests
}

// ParseFault reads "[ACTION:]KIND=SHARE": ACTION is an operation or an upstream;
// KIND one of [Kinds]; SHARE "5%", a whole number for the first so many matching
// requests, or "all".
func ParseFault(text string) (Fault, error) {
	what, share, ok := strings.Cut(text, "=")
	if !ok {
		return Fault{}, fmt.Errorf("fault %q: it does not say how often: add =5%%, =3 (the first three) or =all", text)
	}
	f := Fault{Kind: Kind(what)}
	if scope, kind, scoped := strings.Cut(what, ":"); scoped {
		f.Scope, f.Kind = Scope(scope), Kind(kind)
		if scope == "" {
			return Fault{}, fmt.Errorf("fault %q: nothing before the colon", text)
		}
	}
	if err := f.Scope.check(); err != nil {
		return Fault{}, fmt.Errorf("fault %q: %w", text, err)
	}
	e, ok := effects[f.Kind]
	if !ok {
		return Fault{}, fmt.Errorf("fault %q: no kind %q; there are %s", text, string(f.Kind), kindNames())
	}
	if e.m2mOnly && (f.Scope == Scope(jobs.Betatel) || slices.Contains(betatelOperations, string(f.Scope))) {
		return Fault{}, fmt.Errorf("fault %q: %s is for m2m alone", text, f.Kind)
	}
	var err error
	switch percent, isPercent := strings.CutSuffix(share, "%"); {
	case share == "all":
	case isPercent:
		f.Percent, err = strconv.ParseFloat(percent, 64)
		if err != nil || !(f.Percent > 0 && f.Percent <= 100) {
			return Fault{}, fmt.Errorf("fault %q: want a share above 0%% and up to 100%%", text)
		}
	default:
		f.First, err = strconv.Atoi(share)
		if err != nil || f.First < 1 {
			return Fault{}, fmt.Errorf("fault %q: want a share such as 5%%, 3 (the first three) or all", text)
		}
	}
	return f, nil
}

// String is what ParseFault reads.
func (f Fault) String() string {
	text := string(f.Kind)
	if f.Scope != "" {
		text = string(f.Scope) + ":" + text
	}
	switch {
	case f.First > 0:
		return text + "=" + strconv.Itoa(f.First)
	case f.Percent > 0:
		return text + "=" + strconv.FormatFloat(f.Percent, 'g', -1, 64) + "%"
	default:
		return text + "=all"
	}
}

// hits reports whether the fault is for this request, the seen-th that matched
// before it.
func (f Fault) hits(seen int, rng *rand.Rand) bool {
	switch {
	case f.First > 0:
		return seen < f.First
	case f.Percent > 0:
		return rng.Float64()*100 < f.Percent
	default:
		return true
	}
}

// matches reports whether the fault could hit such a request at all.
func (f Fault) matches(c call) bool {
	return f.Scope.holds(c) && !(effects[f.Kind].m2mOnly && c.upstream != jobs.M2M)
}

func kindNames() string {
	var all []string
	for _, k := range Kinds() {
		all = append(all, string(k.Kind))
	}
	return strings.Join(all, ", ")
}
