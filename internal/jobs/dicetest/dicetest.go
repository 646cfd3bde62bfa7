// Package dicetest is for tests that throw dice: whoever sees one fail can throw the
// same again. The seed is BULK_SEED where that is set, as it is where changes
// are checked, and a fresh one elsewhere. Properties (pgregory.net/rapid) heed it
// in every test that imports this package.
package dicetest

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	_ "pgregory.net/rapid" // which has the flag
)

const variable = "BULK_SEED"

func init() {
	seed, given := fixed()
	if !given {
		return
	}
	// To rapid 0 is a fresh one.
	if err := flag.Set("rapid.seed", strconv.FormatUint(max(seed, 1), 10)); err != nil {
		panic(err)
	}
}

func fixed() (seed uint64, given bool) {
	text := os.Getenv(variable)
	if text == "" {
		return 0, false
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		panic(fmt.Sprintf("%s is a whole number, not %q", variable, text))
	}
	return seed, true
}

// For are the dice of a test, which is told the seed. They are for one goroutine.
func For(t testing.TB) *rand.Rand {
	t.Helper()
	seed, given := fixed()
	if !given {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("to throw the same dice: %s=%d", variable, seed)
	return rand.New(rand.NewPCG(seed, 0))
}
