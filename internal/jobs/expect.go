package jobs

// Expect is a parsed expect column.
type Expect struct{}
