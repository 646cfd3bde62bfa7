// Package meant guesses which of some words somebody meant who misspelt one.
package meant

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// tooFar is from how many letters on two words are no misspelling of each other.
const tooFar = 3

// Word is the one of these that was likely meant; empty: none is near.
func Word[T ~string](word string, words []T) T {
	var best T
	closest := min(tooFar, len(word)/2+1)
	for _, candidate := range slices.Sorted(slices.Values(words)) {
		if d := distance(word, string(candidate)); d < closest {
			best, closest = candidate, d
		}
	}
	if best == "" {
		best = begun(word, words)
	}
	return best
}

// distance is how many letters lie between two words; two that changed places count
// as one.
func distance(word, other string) int {
	least := levenshtein.ComputeDistance(word, other)
	letters := []rune(word)
	for i := 1; i < len(letters); i++ {
		letters[i-1], letters[i] = letters[i], letters[i-1]
		least = min(least, 1+levenshtein.ComputeDistance(string(letters), other))
		letters[i-1], letters[i] = letters[i], letters[i-1]
	}
	return least
}

// shortest is how many letters a word has at least that says which it begins.
const shortest = 3

// begun is the one of these that the word begins, or that it goes on from (warning,
// for warn); empty: there is none, or several are.
func begun[T ~string](word string, words []T) (one T) {
	for _, candidate := range words {
		on := strings.HasPrefix(word, string(candidate)) && len(word) <= 2*len(candidate)
		if min(len(word), len(candidate)) < shortest || !on && !strings.HasPrefix(string(candidate), word) {
			continue
		}
		if one != "" {
			return ""
		}
		one = candidate
	}
	return one
}

// Ask asks for it at the end of a message; empty: none is near.
func Ask[T ~string](word string, words []T) string {
	if w := Word(word, words); w != "" {
		return fmt.Sprintf("; did you mean %s?", w)
	}
	return ""
}
