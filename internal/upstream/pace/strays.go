package pace

const (
	// amid is how many answers make up for a stray refusal.
	amid = 20
	// forgiven is how many strays may come together.
	forgiven = 6
	// running is how many with no answer between them are a limit at once.
	running = 3
)

// Strays tells a few refusals among many answers, which may have other reasons,
// from a limit. The zero value is ready.
type Strays struct {
	row     int // refusals since the last answer
	counted int // refusals, less what the answers since have made up for; amid for each
}

// Passed notes an answer that is no refusal.
func (s *Strays) Passed() { s.counted, s.row = max(0, s.counted-1), 0 }

// Refused notes a refusal, and reports whether it is a stray one. After one that
// is not, one more is.
func (s *Strays) Refused() (stray bool) {
	s.row++
	if s.row >= running || s.counted > (forgiven-1)*amid {
		s.counted = (forgiven - 1) * amid
		return false
	}
	s.counted += amid
	return true
}
