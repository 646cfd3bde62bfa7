package sandbox

import "strconv"

// The error strings of upstreams.md, 1, as results.
var (
	invalidICCID   = m2mResult{failure: "invalid iccid"}
	invalidGroup   = m2mResult{failure: "invalid group"}
	invalidContent = m2mResult{failure: "invalid content"}
)

// doM2M carries an operation out as upstreams.md, 1, describes it. The request
// has all that its operation needs.
func (s *Sandbox) doM2M(req *m2mRequest) m2mResult {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.find(*req.ICCID)
	if !ok || s.states[i].status == unknownSIM {
		return invalidICCID
	}
	sm, st := &s.fleet.sims[i], &s.states[i]
	switch req.XMLName.Local {
	case queryStatus:
		return m2mResult{fields: []m2mField{{"status", st.status.String()}}}
	case queryContract:
		return sm.contractResult()
	case queryQRInfo:
		if sm.text(qrCode) == "" {
			return invalidICCID
		}
		return m2mResult{fields: []m2mField{{"qr_code", sm.text(qrCode)}, {"qr_status", strconv.Itoa(int(st.qr))}}}
	case setAAGroup:
		return s.doSetAAGroup(i, st, *req.Group)
	case setQRStatus:
		return doSetQRStatus(sm, st, *req.QRStatus)
	case setGroup:
		return s.doSetGroup(sm, st, *req.Group)
	default:
		return doSetStatus(st, *req.Status)
	}
}

// contractResult has both elements empty where there is no contract.
func (s *sim) contractResult() m2mResult {
	kind, months := "", ""
	if s.contract != 0 {
		kind, months = strconv.Itoa(int(s.contract)), strconv.Itoa(int(s.months))
	}
	return m2mResult{fields: []m2mField{{"contract_type", kind}, {"months_remaining", months}}}
}

// doSetAAGroup leaves the SIM in its pending group: the network moves it later.
// So it can be done again, and is counted each time. A contract does not stop
// it: the documentation says so of set_group alone, and a client that did not
// look at the contract first shows by what it got done.
func (s *Sandbox) doSetAAGroup(i uint32, st *state, code string) m2mResult {
	if st.status == closed || s.types[st.group] != Pending {
		return invalidICCID
	}
	g, ok := s.names.number[code]
	if !ok || s.types[g] != Live {
		return invalidGroup
	}
	st.aaGroup = g
	st.commands++
	s.done++
	if st.commands == 2 {
		s.twice = append(s.twice, i)
	}
	return m2mResult{}
}

// doSetGroup moves a SIM at once. A contract in force blocks it, whichever its
// type; which words then come is not documented: "invalid iccid" is what stands
// for a known SIM in the wrong state.
func (s *Sandbox) doSetGroup(sm *sim, st *state, code string) m2mResult {
	if st.status == closed || (sm.contract != 0 && sm.months > 0) {
		return invalidICCID
	}
	g, ok := s.names.number[code]
	if !ok || s.types[g] == "" {
		return invalidGroup
	}
	st.group = g
	return m2mResult{}
}

func doSetQRStatus(sm *sim, st *state, value string) m2mResult {
	if sm.text(qrCode) == "" {
		return invalidICCID
	}
	qr, ok := parseQRStatus(value)
	if !ok {
		return invalidContent
	}
	st.qr = qr
	return m2mResult{}
}

// doSetStatus takes "deactivated" too, for the documented spelling is a guess.
func doSetStatus(st *state, value string) m2mResult {
	if st.status == closed {
		return invalidICCID
	}
	switch value {
	case "active":
		st.status = active
	case "de-activated", "deactivated":
		st.status = deactivated
	default:
		return invalidContent
	}
	return m2mResult{}
}
