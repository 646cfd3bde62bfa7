package settings

import (
	"strconv"
	"time"

	"bulk/cmd/bulk/console"
)

const (
	graceAuto = "auto"
	// graceMargin is what a request may take beyond its time-out: to be cut off,
	// and its outcome to be written down.
	graceMargin = 2 * time.Second
)

// GracePeriod reads --grace. By default it is as long as a request under way may
// still take by its own time-out: one that is cut off sooner is unknown.
func (s *Options) GracePeriod() (time.Duration, error) {
	if s.grace == graceAuto || s.grace == "" {
		return max(s.Timeout, s.CommandTimeout) + graceMargin, nil
	}
	grace, err := time.ParseDuration(s.grace)
	if seconds, number := strconv.Atoi(s.grace); err != nil && number == nil && seconds > 0 {
		return 0, console.Misused("--grace is auto or a time with its unit, such as %[1]ds; not \"%[1]d\"", seconds)
	}
	if err != nil || grace < 0 {
		return 0, console.Misused("--grace is auto or a time such as 20s or 2m, not %q", s.grace)
	}
	return grace, nil
}
