package main

import (
	"errors"
	"strconv"

	"github.com/spf13/pflag"
)

// plainly says what a flag's value should have been, where the flag could not
// read it; other errors stay as they are.
func plainly(err error) error {
	var bad *pflag.InvalidValueError
	if !errors.As(err, &bad) {
		return err
	}
	f, given := bad.GetFlag(), bad.GetValue()
	switch f.Value.Type() {
	case "bool":
		return misused("--%s is true or false, not %q", f.Name, given)
	case "int":
		return misused("--%s is a whole number, not %q", f.Name, given)
	case "duration":
		if _, err := strconv.ParseFloat(given, 64); err == nil {
			return misused("--%s is a time with its unit, such as %ss; not %q", f.Name, given, given)
		}
		return misused("--%s is a time such as 30s, 15m or 1h30m, not %q", f.Name, given)
	}
	return err
}
