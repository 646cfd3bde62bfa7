package settings

import (
	"slices"
	"strings"

	"bulk/cmd/bulk/config"
	"bulk/internal/upstream/wire"
)

// wordSecret is the least length, in bytes, of a secret that is looked for
// inside other values: a shorter one stands in too many by chance, and is
// recognised only where it is all of a value.
const wordSecret = 8

// WithoutSecrets is this process's environment as a command that is not bulk may
// have it: without what the credentials are read from, and without whatever else
// holds one of them or the address of a web hook.
func (p *Sources) WithoutSecrets(environ []string, addresses []string) []string {
	names := p.secretVariables()
	secrets := slices.Clone(p.secrets)
	for _, address := range addresses {
		secrets = append(secrets, wire.Secret(address))
	}
	return slices.DeleteFunc(slices.Clone(environ), func(pair string) bool {
		name, value := SplitPair(pair)
		return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) }) || holdsSecret(value, secrets)
	})
}

// secretVariables names the variables that hold a secret or say where one is.
func (p *Sources) secretVariables() (names []string) {
	secret := []setting{{key: "notify", variable: EnvName("notify")}}
	for _, s := range UpstreamSettings {
		if s.Secret {
			secret = append(secret, s.Setting())
		}
	}
	for _, s := range secret {
		names = append(names, s.variable, s.variable+"_FILE", s.variable+"_COMMAND")
		if value, said := p.Config.Lookup(s.key); said && value.Form == config.Variable {
			names = append(names, value.Words...)
		}
	}
	return names
}

func holdsSecret(value string, secrets []wire.Secret) bool {
	return slices.ContainsFunc(secrets, func(s wire.Secret) bool {
		text := s.Reveal()
		return text != "" && (value == text || len(text) >= wordSecret && strings.Contains(value, text))
	})
}
