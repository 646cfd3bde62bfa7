package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"bulk/cmd/bulk/config"
	"bulk/cmd/bulk/console"
	"bulk/internal/upstream/wire"
)

// Sources is what a command goes by: the process that it runs in, and what
// variables and the settings file say.
type Sources struct {
	*console.Process

	document *config.Document // the settings file; nil: there is none
	Config   config.Settings  // of it, what is in force
	secrets  []wire.Secret    // that were read, to be kept from other commands
	printed  map[string]found // what commands printed, by their lines

	Kept []keptFile  // what no output may replace
	Off  []safeguard // what the command line has off

	Tells bool // a job was made, which tells who is to hear of its end
}

// CommandLine is the command as the person gave it, to be pasted.
func (p *Sources) CommandLine() string {
	words := []string{"bulk"}
	for _, arg := range WithoutAddresses(p.Args, true) {
		words = append(words, console.Shell(arg))
	}
	return strings.Join(words, " ")
}

// setting is something that a variable or the settings file may say. The
// command line stands above both, the program's own default below.
type setting struct {
	key      string // in the settings file
	variable string
	byFile   bool // the variable NAME_FILE may say which file holds it, NAME_COMMAND a command that prints it
	list     bool // such a file holds one value a line
}

// found is what was said about a setting.
type found struct {
	From  string   // what said it: "variable BULK_RATE", "profile prod in bulk.yaml:12"; empty: nothing did
	Via   string   // where that had the value from: "file /run/secrets/key"; empty: it is the value
	Words []string // one, or those of a list; nil: it is to be empty
	whole bool     // the one word is a flag's text, for the flag to split
	Err   error    // it could not be had
}

// UpstreamSetting is a setting that no flag has.
type UpstreamSetting struct {
	Key, Variable string
	Secret        bool
}

// UpstreamSettings are what the credentials are read from.
var UpstreamSettings = []UpstreamSetting{
	{"m2m.url", "BULK_M2M_URL", false},
	{"m2m.username", "BULK_M2M_USERNAME", false},
	{"m2m.password", "BULK_M2M_PASSWORD", true},
	{"m2m.api_id", "BULK_M2M_API_ID", false},
	{"m2m.account", "BULK_M2M_ACCOUNT", false},
	{"betatel.url", "BULK_BETATEL_URL", false},
	{"betatel.user_id", "BULK_BETATEL_USER_ID", false},
	{"betatel.api_key", "BULK_BETATEL_API_KEY", true},
	{"betatel.account", "BULK_BETATEL_ACCOUNT", false},
	{"ledger_password", "BULK_LEDGER_PASSWORD", true},
	{"ca_file", "BULK_CA_FILE", false},
	{"temporal_ca", "BULK_TEMPORAL_CA", false},
	{"temporal_cert", "BULK_TEMPORAL_CERT", false},
	{"temporal_key", "BULK_TEMPORAL_KEY", true},
	{"temporal_api_key", "BULK_TEMPORAL_API_KEY", true},
}

func (s UpstreamSetting) Setting() setting {
	return setting{key: s.Key, variable: s.Variable, byFile: true}
}

// flagSetting is where a flag's value may come from.
func flagSetting(f *pflag.Flag) setting {
	return setting{key: f.Name, variable: EnvName(f.Name), byFile: byReference(f), list: isList(f)}
}

// byReference reports whether a flag's value may be as good as a password, so
// that a file may hold it: the address of a web hook is.
func byReference(f *pflag.Flag) bool { return f.Name == "notify" }

func isList(f *pflag.Flag) bool {
	_, list := f.Value.(pflag.SliceValue)
	return list
}

// Find finds what is said about a setting. An empty variable counts as not set.
func (p *Sources) Find(s setting) found {
	if value, _ := p.Env(s.variable); value != "" {
		return found{From: "variable " + s.variable, Words: []string{value}, whole: true}
	}
	if s.byFile {
		name := s.variable + "_FILE"
		if path, _ := p.Env(name); path != "" {
			return s.read(found{From: "variable " + name}, name, path)
		}
		name = s.variable + "_COMMAND"
		if line, _ := p.Env(name); line != "" {
			return p.ask(s, found{From: "variable " + name}, name, line)
		}
	}
	value, said := p.Config.Lookup(s.key)
	if !said {
		return found{}
	}
	f := found{From: value.Place.String()}
	switch {
	case value.Form == config.File && value.Words != nil:
		return s.read(f, f.From, value.Words[0])
	case value.Form == config.Command && value.Words != nil:
		return p.ask(s, f, f.From, value.Words[0])
	case value.Form == config.Variable && value.Words != nil:
		name := value.Words[0]
		f.Via = "variable " + name
		text, _ := p.Env(name)
		if text == "" {
			f.Err = fmt.Errorf("%s: the variable %s is not set", f.From, name)
			return f
		}
		f.Words, f.whole = []string{text}, true
	default:
		f.Words = value.Words
	}
	return f
}

// read takes a value from the file that holds it; one trailing line end does
// not belong to it.
func (s setting) read(f found, who, path string) found {
	f.Via = "file " + path
	text, err := os.ReadFile(path)
	switch value := strings.TrimRight(string(text), "\r\n"); {
	case err != nil:
		f.Err = errors.New(who + ": " + console.Unread(path, err))
	case s.list:
		f.Words = strings.Fields(value)
	case value != "":
		f.Words = []string{value}
	}
	return f
}

// set gives a flag what was found.
func (f found) set(flags *pflag.FlagSet, flag *pflag.Flag) error {
	list, ok := flag.Value.(pflag.SliceValue)
	switch {
	case !ok || f.whole && flag.Value.Type() != "stringArray":
		return flags.Set(flag.Name, f.Words[0])
	case f.whole:
		f.Words = strings.Split(f.Words[0], ",") // which such a flag does not do
	}
	flag.Changed = true
	return list.Replace(f.Words)
}

// readConfig reads the settings file that --config or BULK_CONFIG names, and
// chooses the profile.
func (p *Sources) readConfig(cmd *cobra.Command) error {
	for _, name := range []string{"config", "profile"} {
		if f := cmd.Flags().Lookup(name); !f.Changed {
			if err := p.SettleFlag(cmd.Flags(), f); err != nil {
				return err
			}
		}
	}
	path, profile := cmd.Flags().Lookup("config").Value.String(), cmd.Flags().Lookup("profile").Value.String()
	if path == "" {
		if profile != "" {
			return console.Misused("the profile %q is asked for, but no settings file: give --config FILE or set BULK_CONFIG", profile)
		}
		return nil
	}
	var err error
	if p.document, err = config.Read(path, SettingKeys(cmd.Root())); err != nil {
		return unusableConfig(path, err)
	}
	if p.Config, err = p.document.Settings(profile); err != nil {
		return console.Refused(err.Error(), "look at --profile and BULK_PROFILE; nothing was sent")
	}
	return nil
}

// unusableConfig says all that is wrong with a settings file.
func unusableConfig(path string, err error) error {
	const nothing = "nothing was sent"
	if unread := (*fs.PathError)(nil); errors.As(err, &unread) {
		return console.Refused(console.Unread("the settings file "+path, err), "look at --config and BULK_CONFIG; "+nothing)
	}
	var problems config.Problems
	if !errors.As(err, &problems) || len(problems) == 1 {
		return console.Refused(err.Error(), "mend the settings file; "+nothing)
	}
	var hints []string
	for _, problem := range problems {
		hints = append(hints, problem.String())
	}
	return console.Refused(fmt.Sprintf("the settings file %s has %d mistakes", path, len(problems)), append(hints, nothing)...)
}
