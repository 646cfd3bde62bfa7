package words

// The refusals: what was asked, or who asked, is wrong.
var (
	wrongSIM     = oneOf(`\b(invalid|unknown|wrong) ?(iccid|identifier|sim)\b`, `\b(iccid|identifier|sim) (is )?(invalid|unknown|not found|not known)\b`)
	wrongGroup   = oneOf(`\b(invalid|unknown|wrong) ?group\b`, `\bgroup (is )?(invalid|unknown|not found)\b`)
	wrongContent = oneOf(`\b(invalid|wrong|bad) ?content\b`, `\bcontent (is )?(invalid|wrong|not allowed)\b`)
	parameter    = oneOf(`\b(invalid|missing|bad|unknown|wrong) ?(parameters?|values?)\b`, `\b(parameter|value|content) (is )?(invalid|missing|not allowed)\b`, `\bmissing content\b`)

	// A word for the credentials alone refuses nothing: "too many requests for
	// this username".
	credentials = oneOf(
		`\b`+refused+` (\w+ ){0,3}`+secrets+`\b`,
		`\b`+secrets+` (\w+ ){0,3}`+refused+`\b`,
		`\b(please|must|need to|have to|required to) (log ?in|log ?on|sign ?in|authenticate)\b`,
		`\bnot (logged|signed) ?in\b`, `\b(authentication|log ?in|log ?on|sign ?in) error\b`,
		`\bunauthori[sz]ed\b`,
		`\bauthori[sz]ation (\w+ )?(failed|failure|required|missing|invalid)\b`,
		`\b(missing|no|invalid) authori[sz]ation\b`,
	)
	// Not where the words are about a SIM, which has accounts and users too.
	badAccount = oneOf(
		`\b(unknown|invalid|no such|wrong) (user|account)\b`,
		`\b(user|account) (\w+ ){0,2}(unknown|not found|invalid|locked|disabled|blocked|suspended|deactivated|expired|inactive|closed|does not exist)\b`,
	)
	permission = oneOf(`\bpermissions?\b`, `\bforbidden\b`, `\baccess (is |was )?denied\b`,
		`\b(insufficient|no|lack\w*|missing) (rights?|privileges?)\b`,
		`\bnot (allowed|permitted|authori[sz]ed|entitled) to\b`,
		`\b(operation|action|access|account|user|request) (is )?not (allowed|permitted|authori[sz]ed)\b`)
)

const (
	secrets = `(credentials?|authenticat\w*|user ?names?|pass ?words?|log ?ins?|logons?|sign ?in|api ?keys?|access tokens?)`
	refused = `(invalid|wrong|incorrect|bad|unknown|fail\w*|unsuccessful|denied|refused|rejected|missing|required|expired|locked|disabled|revoked|mismatch|not)`
)

func refusal(whole string) Meaning {
	switch {
	case wrongSIM.in(whole):
		return SIM
	case wrongGroup.in(whole):
		return Group
	case wrongContent.in(whole):
		return Content
	case credentials.in(whole), badAccount.in(whole) && !ofSIM.in(whole):
		return Credentials
	case permission.in(whole):
		return Permission
	}
	return Unknown
}

// What may have been done. For a command these are the dangerous words: what
// they fit too often costs a look into the portal, what they miss may cost a
// second command.
var (
	ranOut = oneOf(
		`\btim(e|ed|ing) ?outs?\b`, `\w(timeouts?|timedout)\b`, `\bdeadlines?\b`, `\btime ?limits?\b`, `\btook too long\b`, `\btoo slow\b`, `\btak(es|ing) (too long|longer)\b`,
		`\b(times?|durations?) (\w+ ){0,3}(exceed\w*|expir\w*|elaps\w*|passed|reached|over|up|ran out|run out|too long|lapsed|overrun|limit\w*)\b`,
		`\b(exceed\w*|past|beyond|overran|ran out of|out of) (\w+ ){0,3}(times?|durations?)\b`,
		`\bmax(imum)? (\w+ ){0,3}(times?|durations?)\b`,
		`\b(did not|didn t|does not|doesn t|failed to|without) (\w+ )?(answer\w*|respon\w+|repl(y|ied|ying))\b`,
		`\bno (\w+ )?(answer|response|reply)\b`,
		`\b(not|no) (\w+ ){0,4}(in time|within (\w+ ){0,4}(time|limit|seconds?|minutes?|ms|milliseconds|window))\b`,
		`\b(connection|link|contact) (\w+ ){0,5}(lost|reset|closed|broken|dropped|interrupted|aborted)\b`, `\blost (\w+ )?(connection|contact)\b`,
		`\b(result|outcome) (\w+ ){0,5}(unknown|uncertain|unclear|undetermined|not known)\b`, `\b(status|state) (is |was )?(unknown|uncertain|unclear|undetermined|not known)\b`,
		`\bpartial(ly)?\b`,
	)
	takenOn = oneOf(
		`\baccepted\b`,
		`\bbeing (\w+ )?(processed|executed|handled|provisioned|applied|performed|prepared|completed|assigned|changed|moved|updated|activated|carried out|worked on)\b`,
		`\b(is|are|was|were|been|has|already) (already |now )?(queued|enqueued|scheduled|submitted|dispatched|forwarded|executed|processed)\b`,
		`\b(request|order|command|operation|job|transaction) (is |was |has been )?(already |now |still )?(queued|scheduled|submitted|received|registered|executed|processed|running|pending|executing|processing)\b`,
		`\b(change|move|activation|assignment|update) (is |was |has been )?(already |now )?(queued|scheduled|submitted|started|begun|under way)\b`,
		`\b(still|while|whilst) (\w+ )?(running|executing|processing)\b`,
		`\bduplicated? (request|order|command|operation|transaction)\b`, `\b(request|order|command|operation|transaction) (is |was )?(a )?duplicated?\b`,
		`\b(pending|awaiting) (approval|confirmation|completion|execution|processing)\b`,
		`\bin (progress|process|hand)\b`, `\bunder ?way\b`,
		`\bprocessing (has |was )?(started|begun|continues|goes on)\b`,
		`\bwill be (\w+ )?(processed|executed|completed|done|carried out|applied|performed|activated)\b`,
	)
	denials  = map[string]bool{"not": true, "never": true, "cannot": true, "t": true, "no": true, "nor": true, "only": true, "un": true}
	takesFor = oneOf(`\baccepted (values?|formats?|types?|characters?|range)\b`)
)

func timedOut(clause string) bool { return ranOut.in(clause) }

func underWay(clause string) bool {
	return saidWithout(takenOn, denials, takesFor().ReplaceAllString(clause, ""))
}

// The rate of requests, in so many words. A SIM has limits and quotas, makes
// calls and has a rate plan, and those say nothing about our requests; nor does
// the length of a request or the time it takes.
const (
	asked = `(requests|queries|api calls)`
	each  = `(per|a|an|each|every|this|in a|within a)`
	span  = `(second|sec|minute|min|hour|day)`
)

var (
	rate = oneOf(
		`\bthrottl`,
		`\brate ?limit(s|ed|er|ing)?\b`, `\b(requests?|api|api calls?|query) ?limit(s|ed|er|ing)?\b`,
		`\btoo many (\w+ ){0,3}`+asked+`\b`,
		`\b`+asked+` (\w+ ){0,2}`+each+` (single )?`+span+`\b`,
		`\bnumber of `+asked+` (\w+ ){0,2}(exceed\w*|reached)\b`, `\bexceed\w* (\w+ ){0,3}`+asked+`\b`,
		`\brequests? (rate|frequency)\b`, `\brate of requests\b`, `\bslow down\b`,
	)
	quota    = oneOf(`(?:(\w+) )?\bquotas?\b`)
	spent    = oneOf(`\b(exceed\w*|reached|exhausted|used up|over)\b`)
	simQuota = oneOf(`^(data|sms|mms|voice|usage|traffic|roaming|sim|allowance|credit|minutes|storage|disk)$`)
)

func tooFast(clause string) bool {
	if rate.in(clause) {
		return true
	}
	if !spent.in(clause) {
		return false
	}
	for _, m := range quota().FindAllStringSubmatch(clause, -1) {
		if !simQuota.in(m[1]) {
			return true
		}
	}
	return false
}

var (
	maintenance = oneOf(`\bmaintenance\b`, `\bbeing maintained\b`, `\bback (soon|shortly|later)\b`, `\bright back\b`,
		`\btemporar(y|ily) (unavailable|down|offline|out of service|closed)\b`, `\b(service|site|system|server|portal|api) (is |was )?(currently |temporarily )?(unavailable|down|offline|out of service)\b`)
	login     = oneOf(`\b(log|sign) ?(in|on)\b`, `\blogon\b`, `\bpass ?word\b`)
	ofSIM     = oneOf(`\b\w*iccids?\b`, `\be?sims?\b`, `\bsubscribers?\b`, `\bidentifiers?\b`, `\bgroups?\b`, `\bcontracts?\b`, `\bqr\b`, `\bcontent\b`)
	ofAccount = oneOf(`\busers?\b`, `\buser ?names?\b`, `\baccounts?\b`, `\bsessions?\b`, `\bpass ?words?\b`, `\bcredentials?\b`,
		`\b(log|sign) ?(in|on)s?\b`, `\blogons?\b`, `\bauthenticat\w*\b`, `\bun?authori[sz]\w*\b`, `\bapi ?keys?\b`, `\baccess tokens?\b`)
)
