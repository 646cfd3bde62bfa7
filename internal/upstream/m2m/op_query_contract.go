package m2m

import (
	"errors"
	"strconv"

	"bulk/internal/jobs"
)

var queryContract = operation{name: "query_contract", read: readContract}

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
