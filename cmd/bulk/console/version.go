package console

import "runtime/debug"

// version is set when a release is built.
var version = ""

// VersionText is the release, or the commit that it was built from.
func VersionText() string {
	if version != "" {
		return version
	}
	text := "dev"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 12 {
				text += "-" + s.Value[:12]
			}
		}
	}
	return text
}
