package settings

import (
	"strings"
	"time"

	"github.com/spf13/pflag"

	"bulk/cmd/bulk/console"
	"bulk/internal/report/human"
)

// untilWhen reads --until: a time of day, of this machine's zone or, with a Z, of
// UTC; the next one from now.
func (s *Options) untilWhen() (func(now time.Time) time.Time, error) {
	if s.until == "" {
		return nil, nil
	}
	text, utc := strings.CutSuffix(s.until, "Z")
	at, err := time.Parse("15:04", text)
	if err != nil {
		return nil, console.Misused("--until is a time of day such as 05:00, or 05:00Z for UTC; not %q", s.until)
	}
	return func(now time.Time) time.Time {
		now = now.Local()
		if utc {
			now = now.UTC()
		}
		for day := 0; ; day++ { // a time that the clock leaves out comes an hour later
			when := time.Date(now.Year(), now.Month(), now.Day()+day, at.Hour(), at.Minute(), 0, 0, now.Location())
			if when.After(now) {
				return when
			}
		}
	}, nil
}

// Deadline is when no new row begins any more, and which flag says so; false: no
// flag does.
func (s *Options) Deadline(started time.Time) (at time.Time, flag string, set bool) {
	if s.Checked.Until != nil {
		at, flag, set = s.Checked.Until(started), s.untilFlag(), true
	}
	if s.MaxDuration > 0 {
		if by := started.Add(s.MaxDuration); !set || by.Before(at) {
			at, flag, set = by, "--max-duration "+human.Written(s.MaxDuration), true
		}
	}
	return at, flag, set
}

// untilFlag is --until as it was given; a run that was handed over says which flag
// set its deadline.
func (s *Options) untilFlag() string {
	if strings.HasPrefix(s.until, "--") {
		return s.until
	}
	return "--until " + s.until
}

// noAge is the value of --max-plan-age for plans of any age.
const noAge = "none"

// RegisterPlanAge is for the command that applies plans.
func (s *Options) RegisterPlanAge(f *pflag.FlagSet) {
	f.StringVar(&s.maxPlanAge, "max-plan-age", "14d", "refuse a plan whose last dry run is longer ago than `AGE`, such as 14d or 36h; none: any age")
}

func (s *Options) planAge() (time.Duration, error) {
	if s.maxPlanAge == "" || s.maxPlanAge == noAge {
		return 0, nil
	}
	age, err := ParseAge("--max-plan-age", s.maxPlanAge)
	if err == nil && age == 0 {
		err = console.Misused("--max-plan-age is an age such as 14d or 36h, or none; not %q", s.maxPlanAge)
	}
	return age, err
}
