package settings

import (
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"bulk/cmd/bulk/console"
	"bulk/internal/report/notify"
)

// ShownWords are a list as it may be shown.
func ShownWords(flag string, list []string) []string {
	if flag != "notify" {
		return list
	}
	shown := make([]string, len(list))
	for i, raw := range list {
		shown[i] = notify.Masked(raw)
	}
	return shown
}

// WithoutPassword hides the password of an address that has one, which bulk
// refuses to use.
func WithoutPassword(value string) string {
	if u, err := url.Parse(value); err == nil && u.User != nil {
		return u.Redacted()
	}
	return value
}

// notices says who hears of a run.
type notices struct {
	Notify   []string
	Start    bool // they hear of its beginning, too
	OnFinish string
	Targets  []notify.Target // of notify
}

func (t *notices) register(f *pflag.FlagSet) {
	f.StringSliceVar(&t.Notify, "notify", nil, "post the summary as JSON to this `URL` at every end, refusals too (Slack understands it); repeatable")
	f.BoolVar(&t.Start, "notify-start", false, "with --notify: post when the run begins, too")
	f.StringVar(&t.OnFinish, "on-finish", "", "run this shell `COMMAND` at every end, refusals too, the summary as JSON on its standard input")
}

// check reads the addresses before anything is sent.
func (t *notices) check() error {
	var targets []notify.Target
	for _, raw := range t.Notify {
		target, err := notify.ParseTarget(strings.TrimSpace(raw))
		if err != nil {
			return console.Misused("--notify is not usable: %v", err)
		}
		targets = append(targets, target)
	}
	t.Targets = targets
	if t.Start && len(targets) == 0 {
		return console.Misused("--notify-start goes with --notify, which says where to")
	}
	return nil
}

// WithoutAddresses is a command line without the addresses of --notify: it goes
// into reports and logs, and whoever knows an address can post there. With mask,
// the line says that there was one; without, it can be pasted.
func WithoutAddresses(args []string, mask bool) []string {
	var kept []string
	given := slices.ContainsFunc(args, func(a string) bool { return a == "--notify" || strings.HasPrefix(a, "--notify=") })
	for i := 0; i < len(args); i++ {
		if name, _, _ := strings.Cut(args[i], "="); name == "--notify-start" && given && !mask {
			continue // it goes with them
		}
		raw, joined := strings.CutPrefix(args[i], "--notify=")
		if !joined && (args[i] != "--notify" || i+1 == len(args)) {
			kept = append(kept, args[i])
			continue
		}
		if !joined {
			i++
			raw = args[i]
		}
		if mask {
			kept = append(kept, "--notify="+strings.Join(ShownWords("notify", strings.Split(raw, ",")), ","))
		}
	}
	return kept
}
