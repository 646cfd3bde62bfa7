package m2m

import (
	"fmt"
	"strconv"
)

// once fails where an answer gives a value several times and they differ.
func once(name string, v value) error {
	if v.disagree {
		return fmt.Errorf("it gives %s several times, and they differ", name)
	}
	return nil
}

// number writes a whole number the plain way ("01" is 1) and leaves any other
// text as it is.
func number(text string) string {
	if n, err := strconv.Atoi(text); err == nil {
		return strconv.Itoa(n)
	}
	return text
}
