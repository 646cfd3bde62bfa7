package m2m

import (
	"errors"
	"fmt"
	"strconv"

	"bulk/internal/jobs"
)

// reader takes an operation's data out of a success. Its error says what is
// wrong with the answer; it never quotes a value.
type reader func(*answer, *jobs.Data) error

// readStatus needs a status. A documented one is given in its documented
// spelling, since the checks compare it; any other as it came.
func readStatus(a *answer, d *jobs.Data) error {
	if err := once("status", a.status); err != nil {
		return err
	}
	if a.status.text == "" {
		return errors.New("it has no status")
	}
	d.SIMStatus = a.status.text
	for _, state := range simStates {
		if fold(a.status.text) == state {
			d.SIMStatus = state
		}
	}
	return nil
}

// readContract leaves both columns empty where there is no contract, which the
// answer says with two empty elements. An answer without either says nothing,
// and half a contract is no safe ground for a command.
func readContract(a *answer, d *jobs.Data) error {
	if err := errors.Join(once("contract_type", a.kind), once("months_remaining", a.months)); err != nil {
		return err
	}
	switch {
	case !a.kind.said && !a.months.said:
		return errors.New("it has neither contract_type nor months_remaining")
	case a.kind.text == "" && a.months.text == "":
		return nil
	case a.kind.text == "" || a.months.text == "":
		return errors.New("only one of contract_type and months_remaining is filled")
	}
	months, err := strconv.Atoi(a.months.text)
	if err != nil {
		return errors.New("months_remaining is not a whole number")
	}
	d.ContractType = number(a.kind.text)
	d.ContractMonths = strconv.Itoa(months)
	return nil
}

// readQRInfo passes on what it finds; no value makes a row fail.
func readQRInfo(a *answer, d *jobs.Data) error {
	if err := errors.Join(once("qr_code", a.qrCode), once("qr_status", a.qrStatus)); err != nil {
		return err
	}
	if a.qrCode.text == "" && a.qrStatus.text == "" {
		return errors.New("it has neither qr_code nor qr_status")
	}
	d.QRCode = a.qrCode.text
	d.QRStatus = number(a.qrStatus.text)
	return nil
}

func once(name string, v value) error {
	if v.disagree {
		return fmt.Errorf("it gives %s several times, and they differ", name)
	}
	return nil
}

// number writes a whole number the plain way ("01" is 1) and leaves any other
// text as it is.
func number(text string) string {
	if n, err := strconv.Atoi(text); err == nil {
		return strconv.Itoa(n)
	}
	return text
}
