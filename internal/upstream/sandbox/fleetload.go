package sandbox

import (
	"bufio"
	"bytes"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/gocarina/gocsv"

	"bulk/internal/jobs/sheet"
)

// maxRowErrors is how many wrong rows one error names.
const maxRowErrors = 20

// LoadFleet reads a fleet: CSV with a header, in UTF-8, lines that begin with #
// passed over. Only iccid is required; any other column may be missing or empty:
//
//	iccid                   19 or 20 digits
//	status                  active, deactivated or closed; empty: m2m does not know the SIM
//	group                   the code of the group it is in
//	contract_type           1, 2 or empty, with months_remaining from 0
//	qr_code, qr_status      the LPA string; 0 to 4 (empty: 0)
//	profile_state           any word; empty: betatel does not know the SIM
//	imsi, eid               text
//	activation_code         an LPA string; its LPA:1$ may be missing
//	last_operation_date, release_date    RFC 3339
//	reuse_remaining_count, cc_retries    whole numbers
//	reuse_enabled, cc_required           true or false
//	reuse_policy            a JSON object
//	fault                   [ACTION:]KIND[=SHARE] as for [ParseFault], for this SIM alone; without
//	                        a share every time; several separated by semicolons
//
// Every wrong row is found, and the error names the first twenty with their lines.
func LoadFleet(r io.Reader) (*Fleet, error) {
	text := bufio.NewReaderSize(r, 1<<16)
	start, _ := text.Peek(64)
	if kind, known := sheet.KindOfBytes(start); known {
		return nil, fmt.Errorf("the file is %s; a fleet is CSV (%s)", kind.What, kind.Hint)
	} else if bytes.HasPrefix(start, []byte("PK\x03\x04")) {
		return nil, errors.New("the file is a workbook or an archive; a fleet is CSV (save the sheet as CSV UTF-8)")
	}
	if bom, err := text.Peek(3); err == nil && string(bom) == "\xef\xbb\xbf" {
		_, _ = text.Discard(3)
	}
	lines := csv.NewReader(text)
	lines.Comment, lines.ReuseRecord = '#', true
	rows, err := gocsv.NewUnmarshaller(lines, fleetRow{})
	if err != nil {
		return nil, fmt.Errorf("reading the fleet's header: %w", err)
	}
	if len(rows.MismatchedHeaders) > 0 {
		return nil, fmt.Errorf("the fleet has a column %.60q that means nothing here; there are %s", rows.MismatchedHeaders[0], strings.Join(fleetColumns(), ", "))
	}
	if slices.Contains(rows.MismatchedStructFields, "iccid") {
		return nil, errors.New("the fleet has no column iccid")
	}
	l := loader{fleet: &Fleet{index: map[packed]uint32{}, faults: [][]Fault{nil}}, faults: map[string]uint32{"": 0}}
	l.fleet.names.of("")
	var wrong rowErrors
	for {
		row, err := rows.Read()
		switch {
		case errors.Is(err, io.EOF):
			return l.fleet, wrong.err()
		case errors.Is(err, csv.ErrFieldCount):
			wrong.add(err)
			continue
		case err != nil:
			wrong.add(err)
			return nil, wrong.err()
		}
		if err := l.add(row.(fleetRow)); err != nil {
			line, _ := lines.FieldPos(0)
			wrong.add(fmt.Errorf("line %d: %w", line, err))
		}
	}
}

// rowErrors gathers what is wrong with rows, and stops gathering in time.
type rowErrors struct {
	first []error
	more  int
}

func (e *rowErrors) add(err error) {
	if len(e.first) == maxRowErrors {
		e.more++
		return
	}
	e.first = append(e.first, err)
}

func (e *rowErrors) err() error {
	if len(e.first) == 0 {
		return nil
	}
	all := e.first
	if e.more > 0 {
		all = append(all, fmt.Errorf("and %d more rows", e.more))
	}
	return fmt.Errorf("reading the fleet: %w", errors.Join(all...))
}

// loader packs rows into a fleet.
type loader struct {
	fleet  *Fleet
	faults map[string]uint32 // a fault column's text, to its place in the fleet
}

func (l *loader) add(row fleetRow) error {
	iccid, ok := pack(row.ICCID)
	if !ok {
		return fmt.Errorf("iccid %q: want 19 or 20 digits", row.ICCID)
	}
	if _, twice := l.fleet.index[iccid]; twice {
		return fmt.Errorf("iccid %s is in the fleet already", row.ICCID)
	}
	s, st := sim{iccid: iccid}, state{}
	if err := row.m2m(&s, &st); err != nil {
		return err
	}
	if err := row.profile(); err != nil {
		return err
	}
	var err error
	if s.faults, err = l.faultsOf(row.Fault); err != nil {
		return err
	}
	s.profile = l.fleet.names.of(row.ProfileState)
	st.group = l.fleet.names.of(row.Group)
	s.texts, err = row.texts()
	if err != nil {
		return err
	}
	l.fleet.index[iccid] = uint32(len(l.fleet.sims))
	l.fleet.sims = append(l.fleet.sims, s)
	l.fleet.states = append(l.fleet.states, st)
	return nil
}

func (l *loader) faultsOf(column string) (uint32, error) {
	if i, ok := l.faults[column]; ok {
		return i, nil
	}
	var faults []Fault
	for one := range strings.SplitSeq(column, ";") {
		one = strings.TrimSpace(one)
		if !strings.Contains(one, "=") {
			one += "=all"
		}
		f, err := ParseFault(one)
		if err != nil {
			return 0, err
		}
		faults = append(faults, f)
	}
	i := uint32(len(l.fleet.faults))
	l.fleet.faults = append(l.fleet.faults, faults)
	l.faults[strings.Clone(column)] = i
	return i, nil
}

// BuiltInFleet is the fleet that fits examples/.
func BuiltInFleet() *Fleet {
	f, err := LoadFleet(bytes.NewReader(fleetCSV))
	if err != nil {
		panic("the embedded fleet: " + err.Error())
	}
	return f
}
