package sandbox

import (
	_ "embed"
	"iter"
	"slices"
	"strings"
)

//go:embed fleet.csv
var fleetCSV []byte

// Fleet is the SIMs as they are when a sandbox starts. It does not change: each
// sandbox keeps its own account of what was done. A million SIMs with
// most columns filled take about 230 MB, the sandbox's account included.
type Fleet struct {
	index  map[packed]uint32
	sims   []sim
	states []state
	names  names
	faults [][]Fault // what SIMs' fault columns say; sim.faults points here
}

// FleetCSV is the built-in fleet's file, a pattern for one's own.
func FleetCSV() []byte { return slices.Clone(fleetCSV) }

// Len is the number of SIMs.
func (f *Fleet) Len() int { return len(f.sims) }

// ICCIDs are the fleet's SIMs, in the order of the file.
func (f *Fleet) ICCIDs() iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range f.sims {
			if !yield(f.sims[i].iccid.String()) {
				return
			}
		}
	}
}

// UnknownGroups are the groups that SIMs of the fleet are in and the catalogue
// lacks: such SIMs count as not pending, which is mostly a slip of the pen.
func (f *Fleet) UnknownGroups(c Catalog) []string {
	var unknown []string
	seen := make([]bool, len(f.names.list))
	for i := range f.states {
		g := f.states[i].group
		if name := f.names.list[g]; !seen[g] && name != "" && c.typeOf(name) == "" {
			unknown = append(unknown, name)
		}
		seen[g] = true
	}
	slices.Sort(unknown)
	return unknown
}

// sim is what never changes about a SIM.
type sim struct {
	texts   string // see text; empty: every one of them is
	profile uint32 // betatel's state, a name; 0: unknown to betatel
	faults  uint32
	months  int16
	iccid   packed
	// The type, 1 or 2; 0: no contract.
	contract uint8
}

// state is what can change about a SIM.
type state struct {
	group, aaGroup uint32 // names; 0: none
	commands       uint32 // set_aa_group done
	status         status
	qr             uint8 // 0–4
}

// status is m2m's word for a SIM.
type status uint8

const (
	unknownSIM status = iota
	active
	deactivated
	closed
)

var statusWords = []string{"", "active", "deactivated", "closed"}

func (s status) String() string { return statusWords[s] }

const (
	textEnd  = "\x00" // stands between the texts of a SIM
	sameAsQR = "\x01" // for an activation code that is m2m's qr_code, as most are
)

// A text is a column that few rules look at, kept as it stands in the file, but
// dates in seconds since 1970.
type text int

const (
	qrCode text = iota
	imsi
	eid
	activationCode
	lastOperationDate
	reuseRemainingCount
	reuseEnabled
	reusePolicy
	releaseDate
	ccRequired
	ccRetries
)

func (s *sim) text(t text) string {
	rest := s.texts
	for range t {
		_, rest, _ = strings.Cut(rest, textEnd)
	}
	field, _, _ := strings.Cut(rest, textEnd)
	if field == sameAsQR {
		return s.text(qrCode)
	}
	return field
}

// names gives each of a few words a small number; the empty word is 0.
type names struct {
	list   []string
	number map[string]uint32
}

func (n *names) of(word string) uint32 {
	if i, ok := n.number[word]; ok {
		return i
	}
	if n.number == nil {
		n.number = map[string]uint32{"": 0}
		n.list = []string{""}
		if word == "" {
			return 0
		}
	}
	word = strings.Clone(word) // it may be a piece of a long line
	i := uint32(len(n.list))
	n.list, n.number[word] = append(n.list, word), i
	return i
}

// parseQRStatus reads 0 unassigned, 1 provided, 2 reserved, 3 installed or
// 4 deleted.
func parseQRStatus(text string) (uint8, bool) {
	if len(text) != 1 || text[0] < '0' || text[0] > '4' {
		return 0, false
	}
	return text[0] - '0', true
}
