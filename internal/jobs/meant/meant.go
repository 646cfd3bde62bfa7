// Package meant guesses which of some words somebody meant who misspelt one.
package meant

import (
	"fmt"
	"slices"

	"github.com/agnivade/levenshtein"
)

// tooFar is from how many letters on two words are no misspelling of each other.
const tooFar = 3

// Word is the one of these that was likely meant; empty: none is near.
func Word[T ~string](word string, words []T) T {
	var best T
	closest := min(tooFar, len(word)/2+1)
	for _, candidate := range slices.Sorted(slices.Values(words)) {
		if d := levenshtein.ComputeDistance(word, string(candidate)); d < closest {
			best, closest = candidate, d
		}
	}
	return best
}

// Ask asks for it at the end of a message; empty: none is near.
func Ask[T ~string](word string, words []T) string {
	if w := Word(word, words); w != "" {
		return fmt.Sprintf("; did you mean %s?", w)
	}
	return ""
}
