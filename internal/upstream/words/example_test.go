package words_test

import (
	"fmt"

	"bulk/internal/upstream/words"
)

// The first meaning that fits counts: a request that ran past its time may have
// been done, whatever else the words speak of.
func ExampleOf() {
	fmt.Println(words.Of("Rate limit exceeded: 10 requests per second") == words.TooFast)
	fmt.Println(words.Of("Maximum request time exceeded") == words.TimedOut)
	fmt.Println(words.Of("Order accepted; notification throttled") == words.UnderWay)
	fmt.Println(words.Of("invalid iccid") == words.SIM)
	// Output:
	// true
	// true
	// true
	// true
}
