package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Where the code that an edit changes has changed itself, somebody must look
// whether the fault can still be made.
func TestNamedEditsFit(t *testing.T) {
	t.Chdir("..")
	all, err := namedMutants()
	require.NoError(t, err)
	faults := map[string]bool{}
	for _, m := range all {
		require.False(t, faults[m.fault], "two edits are called %q", m.fault)
		faults[m.fault] = true
	}
}

func TestMutantsOf(t *testing.T) {
	const text = `package p

func f(a, b int, err error) bool {
	if a < b {
		g()
	}
	return a == 1 && true
}

func g() error {
	defer h(func() bool { return false })
	return err
}
`
	all, err := mutantsOf("p.go", []byte(text))
	require.NoError(t, err)
	var keys []string
	for _, m := range all {
		keys = append(keys, m.key())
		require.NotEqual(t, text, string(m.text))
	}
	require.Equal(t, []string{
		"p.go f: a < b → !(a < b)", "p.go f: a < b → a <= b", "p.go f: g() → nothing", "p.go f: a == 1 && true → !(a == 1 && true)",
		"p.go f: a == 1 && true → a == 1 || true", "p.go f: a == 1 → a != 1",
		"p.go g: defer h(func() bool { return false }) → nothing", "p.go g: false → true", "p.go g: return err → nothing",
	}, keys)
}

func TestDraw(t *testing.T) {
	var all []*mutant
	for range 100 {
		all = append(all, &mutant{})
	}
	require.Len(t, draw(all, -1, 1), 100)
	require.Len(t, draw(all, 10, 1), 10)
	for i, m := range draw(all, 10, 1) {
		require.Same(t, m, draw(all, 10, 1)[i], "the same seed draws the same")
	}
}
