package ahead

import (
	"fmt"
	"iter"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// numbers counts up to n, and how far it was asked.
func numbers(n int, asked *int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			*asked = i + 1
			if !yield(i) {
				return
			}
		}
	}
}

func TestOfIsTheSameSequence(t *testing.T) {
	for _, n := range []int{0, 1, batch - 1, batch, batch + 1, 10*batch + 3} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			var asked int
			require.Equal(t, slices.Collect(numbers(n, &asked)), slices.Collect(Of(numbers(n, &asked))))
		})
	}
}

// TestOfStopsReading: where the range is left, the reader ends, a little ahead
// at most; a reader left behind would hang the bubble.
func TestOfStopsReading(t *testing.T) {
	for _, leave := range []int{0, 1, batch, 5 * batch} {
		t.Run(fmt.Sprint(leave), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var asked, got int
				for n := range Of(numbers(1<<20, &asked)) {
					if n == leave {
						break
					}
					got++
				}
				require.Equal(t, leave, got)
				require.LessOrEqual(t, asked, leave+(batches+1)*batch)
			})
		})
	}
}

func TestPairs(t *testing.T) {
	words := []string{"a", "b", "c"}
	var got []string
	for i, word := range Pairs(slices.All(words)) {
		got = append(got, fmt.Sprint(i, word))
	}
	require.Equal(t, []string{"0a", "1b", "2c"}, got)
	for range Pairs(slices.All(words)) {
		break
	}
}

func BenchmarkOf(b *testing.B) {
	items := func(yield func([4]int) bool) {
		for i := 0; i < b.N && yield([4]int{i}); i++ {
		}
	}
	for range Of(items) {
	}
}
