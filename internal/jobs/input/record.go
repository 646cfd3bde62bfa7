package input

// record is a row of the file as it stands there.
type record struct {
	cells
	fields []string // all of them, as many as the header has, or more
	line   int
	found  int  // how many fields the file has
	last   bool // the file ends in this row, without a line end
}
