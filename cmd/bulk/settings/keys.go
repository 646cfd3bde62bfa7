package settings

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"bulk/cmd/bulk/config"
)

// SettingKeys are what a settings file may hold: the flags of all commands, and
// the upstreams' settings.
func SettingKeys(root *cobra.Command) []config.Key {
	var keys []config.Key
	seen := map[string]bool{}
	add := func(f *pflag.Flag) {
		if f.Name != "help" && f.Name != "version" && !seen[f.Name] {
			seen[f.Name] = true
			keys = append(keys, flagKey(f))
		}
	}
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		cmd.PersistentFlags().VisitAll(add)
		cmd.Flags().VisitAll(add)
		for _, c := range cmd.Commands() {
			if settled(c) {
				walk(c)
			}
		}
	}
	walk(root)
	for _, u := range UpstreamSettings {
		// ca_file is the only one that is itself a path.
		keys = append(keys, config.Key{Name: u.Key, Secret: u.Secret, ByReference: u.Key != "ca_file", Path: u.Key == "ca_file"})
	}
	return keys
}

// flagKey is a flag as a key. The word that the help has for its value tells
// whether that is a path or a list of pairs.
func flagKey(f *pflag.Flag) config.Key {
	value, _ := pflag.UnquoteUsage(f)
	k := config.Key{
		Name: f.Name, List: isList(f), ByReference: byReference(f), Pairs: strings.Contains(value, "="),
		Path: strings.HasSuffix(value, "FILE") || strings.HasSuffix(value, "DIR"),
	}
	switch {
	case f.Name == "config" || f.Name == "profile":
		k.Refused = "cannot be set in the settings file: give --" + f.Name + " or set " + EnvName(f.Name)
	case !HasEnv(f.Name):
		k.Refused = "overrides a safeguard and must be said each time: give --" + f.Name + " on the command line"
	}
	return k
}
