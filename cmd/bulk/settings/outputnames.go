package settings

import (
	"strconv"
	"strings"
	"time"

	"bulk/cmd/bulk/console"
)

// What an output's name may have in it, to be filled in.
const (
	dateMark = "{date}" // the day on which the command began, in the machine's zone
	RunMark  = "{run}"  // the run's number
)

// Dated fills in the day.
func Dated(began time.Time) func(string) string {
	return strings.NewReplacer(dateMark, began.Local().Format("2006-01-02")).Replace
}

// Numbered fills in a run's number.
func Numbered(run int64) func(string) string {
	return strings.NewReplacer(RunMark, strconv.FormatInt(run, 10)).Replace
}

// NoRun refuses names that want the number of a run, of a command that makes
// none.
func NoRun(command string, names ...string) error {
	for _, name := range names {
		if strings.Contains(name, RunMark) {
			return console.Misused("%s: %s is the number of a run, and %s makes none", name, RunMark, command)
		}
	}
	return nil
}
