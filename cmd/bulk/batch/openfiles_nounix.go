//go:build !unix

package batch

import "math"

// openFileLimit is how many files this process may have open at once: here no
// limit is known.
func openFileLimit() int { return math.MaxInt32 }
