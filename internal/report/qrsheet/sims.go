package qrsheet

import (
	"cmp"
	"slices"
	"strings"

	"bulk/internal/jobs"
)

// sim is what the rows of a file say of a SIM as a whole.
type sim struct {
	iccid    jobs.ICCID // as the first row has it that asks for a code; empty where that is no ICCID
	line     int        // of that row; 0: none asks
	why      string     // why that row came to no picture; empty: it has one
	usedUp   string     // why its code can no longer be installed; empty: nothing says so
	drifted  string     // what was not as it should be; empty: nothing
	known    bool       // its state was read
	confirms bool       // a confirmation code is needed
	eid      string     // of the eUICC that the profile is bound to; empty: of any
	pictured bool       // a row of its has a picture, as far as can be seen without reading it
	placed   bool       // it has its place on the sheet
}

// sims are those of a file, with rows that have no ICCID at all.
type sims struct {
	byID  map[jobs.SIM]*sim
	asked []*sim // for their code, in the order of the file
}

// gather goes through all rows: whether a code is used up may stand in any row of
// its SIM.
func gather(rows Rows) (*sims, error) {
	all := &sims{byID: map[jobs.SIM]*sim{}}
	err := rows(func(row jobs.Row, result jobs.Result) error {
		all.of(&row).see(&row, &result)
		return nil
	})
	return all, err
}

func asks(a jobs.Action) bool { return a == jobs.QueryQRInfo || a == jobs.GetQRCode }

// of is the SIM of a row. A row without an ICCID is one of its own.
func (all *sims) of(row *jobs.Row) *sim {
	s := all.byID[row.ICCID.SIM()]
	if s == nil {
		s = &sim{}
		if row.ICCID != "" {
			all.byID[row.ICCID.SIM()] = s
		}
	}
	if asks(row.Action) && s.line == 0 {
		s.iccid, s.line = row.ICCID, row.Line
		all.asked = append(all.asked, s)
	}
	return s
}

// see takes in what a row says.
func (s *sim) see(row *jobs.Row, result *jobs.Result) {
	outcome, code, data := said(row, result)
	if asks(row.Action) && s.line == row.Line && data.QRFile == "" {
		s.why = lacking(outcome, code)
	}
	s.pictured = s.pictured || data.QRFile != "" && (data.QRCode != "" || read(data.QRFile) != nil)
	s.known = s.known || data.QRStatus != "" || data.ProfileState != ""
	s.usedUp = cmp.Or(s.usedUp, deadStatuses[data.QRStatus], deadState(data.ProfileState))
	if outcome == jobs.Drift {
		s.drifted = cmp.Or(s.drifted, "not as expected (drift)")
		if code == jobs.QRDiffers {
			s.drifted = "with different codes from m2m and betatel (qr_differs)"
		}
	}
	s.confirms = s.confirms || data.CCRequired == "true"
	if len(data.EID) == 32 {
		s.eid = data.EID
	}
}

// deadStatuses says by qr_status, deadStates lists by profile_state, which codes
// can no longer be installed.
var (
	deadStatuses = map[string]string{"3": "installed on a device (qr_status 3)", "4": "deleted from its device (qr_status 4)"}
	deadStates   = []string{"INSTALLED", "ENABLED", "DISABLED", "DELETED", "ERROR", "UNAVAILABLE"}
)

// deadState says what state a code is in that can no longer be installed, however
// the state is spelled; empty: it can.
func deadState(state string) string {
	plain := strings.ToUpper(strings.NewReplacer("-", "", "_", "", " ", "").Replace(state))
	if !slices.Contains(deadStates, plain) {
		return ""
	}
	return "with the profile " + plain
}

// lacking is why a row came to no picture.
func lacking(outcome jobs.Outcome, code jobs.Code) string {
	switch {
	case outcome == jobs.OK || outcome == jobs.Drift:
		return "for which the upstream has none"
	case code == "":
		return string(outcome)
	}
	return string(code)
}

// out is why a SIM that was asked for its code is left out; empty: it is not.
func (s *sim) out() string { return cmp.Or(s.usedUp, s.drifted) }

// group are SIMs that have a reason in common.
type group struct {
	Why  string // a code, or words
	SIMs []listed
}

// Cause is what a code means; empty where the group is known by words.
func (g group) Cause() string {
	if e := jobs.Explain(jobs.Code(g.Why)); e.Cause != g.Why {
		return e.Cause
	}
	return ""
}

type listed struct {
	ICCID jobs.ICCID
	Line  int
}

// grouped gathers the SIMs that were asked for their code by a reason; those
// without one are left out. The reason met first comes first.
func (all *sims) grouped(why func(*sim) string) (groups []group) {
	for _, s := range all.asked {
		reason := why(s)
		if reason == "" {
			continue
		}
		at := slices.IndexFunc(groups, func(g group) bool { return g.Why == reason })
		if at < 0 {
			at, groups = len(groups), append(groups, group{Why: reason})
		}
		groups[at].SIMs = append(groups[at].SIMs, listed{s.iccid, s.line})
	}
	return groups
}

// leftOut are those whose code is not on the sheet for a good reason.
func (all *sims) leftOut() []group { return all.grouped((*sim).out) }

// without are those that have none, once the sheet has been filled.
func (all *sims) without() []group {
	return all.grouped(func(s *sim) string {
		if s.placed || s.out() != "" {
			return ""
		}
		return cmp.Or(s.why, "whose picture is gone, or no longer holds an activation code")
	})
}

// bare counts those that will have none, before the sheet has been filled. One whose
// picture cannot be read is not among them: pictures are read once, when they are placed.
func (all *sims) bare() (n int) {
	for _, s := range all.asked {
		if !s.pictured && s.out() == "" {
			n++
		}
	}
	return n
}

// unread counts the SIMs on the sheet whose state nobody asked for.
func (all *sims) unread() (n int) {
	for _, s := range all.asked {
		if s.placed && !s.known {
			n++
		}
	}
	return n
}
