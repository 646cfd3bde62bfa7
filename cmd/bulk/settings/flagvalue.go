package settings

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"bulk/cmd/bulk/console"
)

func SplitPair(pair string) (name, value string) {
	name, value, _ = strings.Cut(pair, "=")
	return name, value
}

// Plainly says what a flag's value should have been, where the flag could not
// read it; other errors stay as they are.
func Plainly(err error) error {
	var bad *pflag.InvalidValueError
	if !errors.As(err, &bad) {
		return err
	}
	f, given := bad.GetFlag(), bad.GetValue()
	switch f.Value.Type() {
	case "bool":
		return console.Misused("--%s is true or false, not %q", f.Name, given)
	case "int":
		return console.Misused("--%s is a whole number, not %q", f.Name, given)
	case "duration":
		if _, err := strconv.ParseFloat(given, 64); err == nil {
			return console.Misused("--%s is a time with its unit, such as %ss; not %q", f.Name, given, given)
		}
		return console.Misused("--%s is a time such as 30s, 15m or 1h30m, not %q", f.Name, given)
	}
	return err
}

// oldest is the most days or weeks that an age can be: more would not fit, and wrap
// around to an age below nothing.
const oldest = 10_000

// ParseAge reads 90d, 12w or a Go duration.
func ParseAge(flag, text string) (time.Duration, error) {
	day := 24 * time.Hour
	for suffix, unit := range map[string]time.Duration{"d": day, "w": 7 * day} {
		if number, ok := strings.CutSuffix(text, suffix); ok {
			if n, err := strconv.Atoi(number); err == nil && n >= 0 && n <= oldest {
				return time.Duration(n) * unit, nil
			}
		}
	}
	age, err := time.ParseDuration(text)
	if days, number := strconv.Atoi(text); err != nil && number == nil && days > 0 && days <= oldest {
		return 0, console.Misused("%s is an age with its unit, such as %[2]dd for days or %[2]dh for hours; not \"%[2]d\"", flag, days)
	}
	if err != nil || age < 0 {
		return 0, console.Misused("%s is an age such as 90d or 36h, not %q", flag, text)
	}
	return age, nil
}
