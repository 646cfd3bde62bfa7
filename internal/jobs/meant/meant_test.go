package meant

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWord(t *testing.T) {
	words := []string{"run", "runs", "check", "resolve", "ledger"}
	for word, want := range map[string]string{"chek": "check", "resove": "resolve", "rn": "run", "rnu": "run", "cehck": "check", "ledgers": "ledger", "frobnicate": "", "x": "", "": "",
		"resolving": "", "res": "resolve", "ledgers of": "ledger", "runaway": "", "le": ""} {
		require.Equal(t, want, Word(word, words), word)
	}
	require.Equal(t, "; did you mean check?", Ask("chek", words))
	require.Empty(t, Ask("frobnicate", words))
}
