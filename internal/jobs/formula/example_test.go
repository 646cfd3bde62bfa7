package formula_test

import (
	"fmt"

	"bulk/internal/jobs/formula"
)

func ExampleGuard() {
	fmt.Println(formula.Guard("active"))
	fmt.Println(formula.Guard("=HYPERLINK()"))
	fmt.Println(formula.Guard("refused; =HYPERLINK()"))
	fmt.Println(formula.Strip("'=HYPERLINK()"))
	// Output:
	// active
	// '=HYPERLINK()
	// refused;' =HYPERLINK()
	// =HYPERLINK()
}
