package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// fleetRow is one line of a fleet file.
type fleetRow struct {
	ICCID               string `csv:"iccid"`
	Status              string `csv:"status"`
	Group               string `csv:"group"`
	ContractType        string `csv:"contract_type"`
	MonthsRemaining     string `csv:"months_remaining"`
	QRCode              string `csv:"qr_code"`
	QRStatus            string `csv:"qr_status"`
	ProfileState        string `csv:"profile_state"`
	IMSI                string `csv:"imsi"`
	EID                 string `csv:"eid"`
	ActivationCode      string `csv:"activation_code"`
	LastOperationDate   string `csv:"last_operation_date"`
	ReuseRemainingCount string `csv:"reuse_remaining_count"`
	ReuseEnabled        string `csv:"reuse_enabled"`
	ReusePolicy         string `csv:"reuse_policy"`
	ReleaseDate         string `csv:"release_date"`
	CCRequired          string `csv:"cc_required"`
	CCRetries           string `csv:"cc_retries"`
	Fault               string `csv:"fault"`
}

// fleetColumns are the columns that a fleet may have.
func fleetColumns() (names []string) {
	for field := range reflect.TypeFor[fleetRow]().Fields() {
		names = append(names, field.Tag.Get("csv"))
	}
	return names
}

// m2m fills in what m2m knows about the SIM.
func (row *fleetRow) m2m(s *sim, st *state) error {
	word := slices.Index(statusWords, row.Status)
	if word < 0 {
		return fmt.Errorf("status %q: want active, deactivated, closed or nothing", row.Status)
	}
	st.status = status(word)
	switch row.ContractType {
	case "":
		if row.MonthsRemaining != "" {
			return errors.New("months_remaining without a contract_type")
		}
	case "1", "2":
		months, err := strconv.ParseInt(row.MonthsRemaining, 10, 16)
		if err != nil || months < 0 {
			return fmt.Errorf("months_remaining %q: want a whole number from 0", row.MonthsRemaining)
		}
		s.contract, s.months = row.ContractType[0]-'0', int16(months)
	default:
		return fmt.Errorf("contract_type %q: want 1, 2 or nothing", row.ContractType)
	}
	if row.QRStatus == "" {
		return nil
	}
	if row.QRCode == "" {
		return errors.New("qr_status without a qr_code")
	}
	qr, ok := parseQRStatus(row.QRStatus)
	if !ok {
		return fmt.Errorf("qr_status %q: want 0 to 4", row.QRStatus)
	}
	st.qr = qr
	return nil
}

// profile refuses what could not be written as betatel writes it, and turns
// dates into seconds since 1970.
func (row *fleetRow) profile() error {
	for _, c := range []struct {
		name  string
		value *string
	}{
		{"last_operation_date", &row.LastOperationDate}, {"release_date", &row.ReleaseDate},
	} {
		if *c.value == "" {
			continue
		}
		at, err := time.Parse(time.RFC3339, *c.value)
		if err != nil || at.Unix() < 0 {
			return fmt.Errorf("%s %q: want a time such as 2026-05-01T12:00:00Z", c.name, *c.value)
		}
		*c.value = strconv.FormatInt(at.Unix(), 10)
	}
	for _, c := range []struct{ name, value string }{
		{"reuse_remaining_count", row.ReuseRemainingCount}, {"cc_retries", row.CCRetries},
	} {
		if n, err := strconv.ParseUint(c.value, 10, 31); c.value != "" && (err != nil || strconv.FormatUint(n, 10) != c.value) {
			return fmt.Errorf("%s %q: want a whole number from 0", c.name, c.value)
		}
	}
	for _, c := range []struct{ name, value string }{
		{"reuse_enabled", row.ReuseEnabled}, {"cc_required", row.CCRequired},
	} {
		if c.value != "" && c.value != "true" && c.value != "false" {
			return fmt.Errorf("%s %q: want true or false", c.name, c.value)
		}
	}
	if p := row.ReusePolicy; p != "" && (p[0] != '{' || !json.Valid([]byte(p))) {
		return fmt.Errorf("reuse_policy %q: want a JSON object", p)
	}
	return nil
}

// texts packs the columns of type text into one string, a copy: they are pieces
// of a long line that need not be kept.
func (row *fleetRow) texts() (string, error) {
	fields := [...]string{
		qrCode: row.QRCode, imsi: row.IMSI, eid: row.EID, activationCode: row.ActivationCode,
		lastOperationDate: row.LastOperationDate, reuseRemainingCount: row.ReuseRemainingCount,
		reuseEnabled: row.ReuseEnabled, reusePolicy: row.ReusePolicy, releaseDate: row.ReleaseDate,
		ccRequired: row.CCRequired, ccRetries: row.CCRetries,
	}
	empty := true
	for _, f := range fields {
		if strings.ContainsAny(f, textEnd+sameAsQR) {
			return "", errors.New("a field holds a control character")
		}
		empty = empty && f == ""
	}
	if empty {
		return "", nil
	}
	if row.ActivationCode != "" && row.ActivationCode == row.QRCode {
		fields[activationCode] = sameAsQR
	}
	return strings.Join(fields[:], textEnd), nil
}
