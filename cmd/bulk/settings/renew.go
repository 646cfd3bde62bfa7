package settings

import (
	"slices"
	"strings"

	"bulk/internal/upstream/wire"
)

// Rereading returns what reads a secret once more and reports whether it has
// changed and is used from now on; nil where neither a file holds it nor a command
// prints it.
func (p *Sources) Rereading(variable string, known wire.Secret, use func(wire.Secret) error) func() bool {
	at := slices.IndexFunc(UpstreamSettings, func(s UpstreamSetting) bool { return s.Variable == variable })
	s := UpstreamSettings[at].Setting()
	if via := p.Find(s).Via; !strings.HasPrefix(via, "file ") && !strings.HasPrefix(via, "command ") {
		return nil
	}
	return func() bool {
		p.printed = nil // a command is asked once more
		found := p.Find(s)
		if found.Err != nil || found.Words == nil || wire.Secret(found.Words[0]) == known {
			return false
		}
		read := wire.Secret(found.Words[0])
		if use(read) != nil {
			return false
		}
		known = read
		return true
	}
}
