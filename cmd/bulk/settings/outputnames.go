package settings

import (
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

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

var filledIn = strings.NewReplacer(dateMark, "", RunMark, "")

// Fillable refuses a name with something in braces that is not filled in, such as a
// misspelt {date}.
func Fillable(what, name string) error {
	if strings.ContainsAny(filledIn.Replace(name), "{}") {
		return console.Misused("%s %s: in braces there may be %s, the day, and %s, the number of the run; nothing else is filled in", what, name, dateMark, RunMark)
	}
	return nil
}

// outputFlags are the flags that say where something is written. Every other
// flag that names a file or a folder says where something is read or kept.
var outputFlags = []string{"output", "report", "qr-sheet", "qr-dir"}

// FillableOutputs refuses such names of a command's outputs, wherever they are set.
func FillableOutputs(cmd *cobra.Command) error {
	for _, flag := range outputFlags {
		f := cmd.Flags().Lookup(flag)
		if f == nil || !f.Changed {
			continue
		}
		names := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			names = list.GetSlice()
		}
		for _, name := range names {
			if err := Fillable("--"+flag, name); err != nil {
				return err
			}
		}
	}
	return nil
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
