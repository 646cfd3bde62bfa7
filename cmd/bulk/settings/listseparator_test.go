package settings

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSeparatorOf(t *testing.T) {
	for locale, want := range map[string]rune{
		"de_DE.UTF-8": ';', "de_CH.UTF-8": ',', "fr_FR@euro": ';', "nl_NL": ';', "pt_BR.UTF-8": ';', "en_US.UTF-8": ',', "en_GB": ',', "ja_JP.UTF-8": ',',
		"C": ',', "C.UTF-8": ',', "POSIX": ',', "": ',', "nonsense_": ',',
	} {
		require.Equal(t, want, separatorOf(locale), locale)
	}
}
