package settings

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPortal(t *testing.T) {
	p, err := ParsePortal("https://portal.example/sims?iccid={iccid}&tab=groups")
	require.NoError(t, err)
	require.Equal(t, "https://portal.example/sims?iccid=8944500102030001010&tab=groups", p.Of("8944500102030001010"))
	require.Empty(t, p.Of(""))
	require.Empty(t, Portal("").Of("8944500102030001010"))
	for _, wrong := range []string{"https://portal.example/sims", "portal.example/{iccid}", "javascript:alert({iccid})", "https://u:pass@portal.example/{iccid}", "https:///{iccid}",
		"https://portal.example/a b/{iccid}", `https://portal.example/"><script>/{iccid}`, "https://portal.example/{iccid}|", "https://portal.example/{id}/{iccid}", "https://portal.example/`{iccid}`"} {
		_, err := ParsePortal(wrong)
		require.ErrorContains(t, err, "--portal-url is such as", wrong)
		require.NotContains(t, err.Error(), "pass@")
	}
}
