package m2m

// The names that all requests share; an operation's own stand in its file.
// Requests use this spelling; the pages it was read from lost punctuation and
// case, so it is partly a guess.
const (
	attrVersion = "version"
	attrAPIID   = "api_id"
	apiVersion  = "1"

	elemAuthentication = "authentication"
	elemUsername       = "username"
	elemPassword       = "password"
	elemICCID          = "iccid"
)

// The names of answers and their outcomes, as fold makes them.
const (
	foldAPIID    = "apiid"
	foldOutcome  = "apioutcome"
	foldOutcome2 = "outcome" // where there is no api_outcome
	foldICCID    = "iccid"
	foldStatus   = "status"
	foldType     = "contracttype"
	foldMonths   = "monthsremaining"
	foldQRCode   = "qrcode"
	foldQRStatus = "qrstatus"

	foldError = "error"

	foldSuccess = "success"
	foldHTML    = "html" // the root of a web page, never of an answer
)

var (
	// failureWords are the outcomes that say no even without an error text.
	failureWords = []string{"failure", "failed", "fail", "error", "unsuccessful", "rejected", "refused", "denied", "invalid"}
	// affirmations are parts of outcomes that may stand for something done or
	// begun: with one, no words beside it make the outcome a no.
	affirmations = []string{"succe", "accept", "pend", "process", "queue", "progress", "complete", "done", "receiv", "partial", "true", "yes", "timeout", "timedout"}
	// errorNames mark the elements that hold the error text: a folded name
	// that contains one of them.
	errorNames = []string{"error", "description", "reason", "message"}
)

// fold makes names and outcomes comparable: lower case, without "_", "-" and
// spaces. What does not fit a name, it cuts.
func fold(text string) string {
	var folded [48]byte
	n := 0
	for i := 0; i < len(text) && n < len(folded); i++ {
		c := text[i]
		switch {
		case c == '_' || c == '-' || c == ' ' || c == '\t' || c == '\n' || c == '\r':
			continue
		case 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		}
		folded[n] = c
		n++
	}
	return string(folded[:n])
}
