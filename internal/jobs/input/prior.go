package input

import (
	"slices"

	"bulk/internal/jobs"
)

// PriorColumns are the data columns that a file which bulk wrote already has,
// in its order; none for any other file.
func (f *File) PriorColumns() []jobs.Column { return slices.Clone(f.layout.data) }
