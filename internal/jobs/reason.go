package jobs

// Reason is why a row ended as it did, as data: it becomes a sentence where it is
// printed. Its words stand in one table ([Codes]).
type Reason struct {
	Code   Code
	Detail string // what happened, where more is known than the table says
}

// Cause is what happened, a sentence.
func (r Reason) Cause() string {
	if r.Detail == "" {
		return Sentence(Explain(r.Code).Cause)
	}
	return Sentence(r.Detail)
}

// Cure is what to do about it, a sentence.
func (r Reason) Cure() string { return Explain(r.Code).Cure }

// String is what happened, then what to do: an error_description.
func (r Reason) String() string { return r.Cause() + " " + r.Cure() }
