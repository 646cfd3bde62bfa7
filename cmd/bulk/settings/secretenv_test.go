package settings

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/cmd/bulk/config"
	"bulk/internal/upstream/wire"
)

func TestWithoutSecrets(t *testing.T) {
	const long, short = "hunter2-and-more", "abc"
	p := &Sources{
		secrets: []wire.Secret{long, short},
		Config:  config.Settings{"m2m.password": {Form: config.Variable, Words: []string{"VAULT_PW"}}},
	}
	for _, c := range []struct {
		name, pair string
		kept       bool
	}{
		{"a secret's own name", "BULK_M2M_PASSWORD=x", false},
		{"in other letters, as Windows has it", "Bulk_M2M_Password=x", false},
		{"its file", "BULK_BETATEL_API_KEY_FILE=/run/key", false},
		{"the address of a hook", "BULK_NOTIFY=https://h/x", false},
		{"the file of one", "BULK_NOTIFY_FILE=/run/hook", false},
		{"the name that the settings file gives", "VAULT_PW=x", false},
		{"another name", "PW=" + long, false},
		{"among other words", "LOGIN=user:" + long + "@host", false},
		{"an address under another name", "CHAT=https://hooks/T0/B0", false},
		{"a short one, alone", "PIN=" + short, false},
		{"a short one, by chance", "PATH=/usr/abcd", true},
		{"a user name", "BULK_M2M_USERNAME=me", true},
		{"a URL", "BULK_M2M_URL=https://h", true},
		{"nothing", "EMPTY=", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			left := p.WithoutSecrets([]string{c.pair}, []string{"https://hooks/T0/B0"})
			require.Equal(t, c.kept, len(left) == 1)
		})
	}
}
