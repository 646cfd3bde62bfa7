package sandbox

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

func TestParseFault(t *testing.T) {
	for _, c := range []struct {
		text string
		want Fault
	}{
		{"cut=5%", Fault{Kind: "cut", Percent: 5}},
		{"cut=0.25%", Fault{Kind: "cut", Percent: 0.25}},
		{"500=3", Fault{Kind: "500", First: 3}},
		{"html=all", Fault{Kind: "html"}},
		{"set_aa_group:timeout-after=1", Fault{Scope: "set_aa_group", Kind: "timeout-after", First: 1}},
		{"get_qr_code:slow=all", Fault{Scope: "get_qr_code", Kind: "slow"}},
		{"betatel:503-retry=100%", Fault{Scope: "betatel", Kind: "503-retry", Percent: 100}},
		{"m2m:wrong-api-id=all", Fault{Scope: "m2m", Kind: "wrong-api-id"}},
	} {
		t.Run(c.text, func(t *testing.T) {
			f, err := ParseFault(c.text)
			require.NoError(t, err)
			require.Equal(t, c.want, f)
			require.Equal(t, c.text, f.String())
		})
	}
}

func TestParseFaultErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "does not say how often"},
		{"cut", "does not say how often"},
		{"cut=", "want a share"},
		{"cut=0", "want a share"},
		{"cut=-1", "want a share"},
		{"cut=0%", "above 0%"},
		{"cut=101%", "up to 100%"},
		{"cut=NaN%", "above 0%"},
		{"cut=%", "above 0%"},
		{"crash=1", `no kind "crash"; there are timeout-before,`},
		{":cut=1", "nothing before the colon"},
		{"close_sim:cut=1", `"close_sim" is neither an upstream nor an operation`},
		{"betatel:throttle-200=1", "throttle-200 is for m2m alone"},
		{"get_qr_code:no-api-id=1", "no-api-id is for m2m alone"},
	} {
		t.Run(c.text, func(t *testing.T) {
			_, err := ParseFault(c.text)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestFaultHits(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 0))
	count := func(f Fault) int {
		n := 0
		for seen := range 10_000 {
			if f.hits(seen, rng) {
				n++
			}
		}
		return n
	}
	require.Equal(t, 7, count(Fault{First: 7}))
	require.Equal(t, 10_000, count(Fault{}))
	require.InDelta(t, 500, count(Fault{Percent: 5}), 100)
	require.Equal(t, 10_000, count(Fault{Percent: 100}))
}

func TestFaultMatches(t *testing.T) {
	command := call{upstream: jobs.M2M, operation: setAAGroup}
	picture := call{upstream: jobs.Betatel, operation: getQRCode}
	for _, c := range []struct {
		name             string
		fault            Fault
		command, picture bool
	}{
		{"anything", Fault{Kind: "500"}, true, true},
		{"an upstream", Fault{Kind: "500", Scope: "betatel"}, false, true},
		{"an operation", Fault{Kind: "500", Scope: setAAGroup}, true, false},
		{"another operation", Fault{Kind: "500", Scope: queryStatus}, false, false},
		{"m2m's alone", Fault{Kind: "no-api-id"}, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.command, c.fault.matches(command))
			require.Equal(t, c.picture, c.fault.matches(picture))
		})
	}
}

func TestEveryKindIsExplained(t *testing.T) {
	seen := map[Kind]bool{}
	for _, k := range Kinds() {
		require.False(t, seen[k.Kind], k.Kind)
		seen[k.Kind] = true
		require.NotEmpty(t, k.Sentence)
		e := effects[k.Kind]
		require.True(t, e.change != nil || e.manner != plain, "%s does nothing", k.Kind)
	}
	for _, style := range RateStyles() {
		require.False(t, effects[style].done, "%s refuses", style)
		require.NotNil(t, effects[style].change)
	}
}

func FuzzParseFault(f *testing.F) {
	for _, text := range []string{"cut=5%", "set_aa_group:500=3", "betatel:slow=all", "cut=1e-300%", "cut=0x1p-2%", "cut=+3"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		fault, err := ParseFault(text)
		if err != nil {
			return
		}
		again, err := ParseFault(fault.String())
		require.NoError(t, err)
		require.Equal(t, fault, again)
	})
}
