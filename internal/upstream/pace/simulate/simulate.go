// Package simulate plays runs against gateways in simulated time, to see how well
// a pace is found: with the [pace.Pacer] that a line uses, and none of the rest
// of it. The same run is played the same way each time.
package simulate

import (
	"container/heap"
	"math/rand/v2"
	"time"

	"bulk/internal/upstream/pace"
)

// Refusal is how a gateway says that it is too fast.
type Refusal struct {
	Name  string
	Bare  bool          // a 503 that says no more: some of them are no limit
	After time.Duration // its Retry-After
}

// Run is what is simulated.
type Run struct {
	Gateway Gateway
	Refusal Refusal
	Rate    float64       // --rate
	Latency time.Duration // from a request to its answer
	Jitter  float64       // of the latency, as a share, one way or the other
	Reads   int           // how many; 0: as many as there is time for
	Length  time.Duration // how long, at most
	Seed    uint64
}

// Result is what happened.
type Result struct {
	Sent, Refused int
	Starts        []time.Duration // of all requests
	Passed        []time.Duration // when those arrived that were let through, in order
	Took          time.Duration   // until the last answer
}

// attempt is a request.
type attempt struct {
	tries    int
	sent     time.Duration
	answered time.Duration
	passed   bool
}

// kinds of event, in the order in which they happen at one time.
const (
	arrives = iota
	answers
	returns // waited for its next attempt
	wakes   // the sender may go on
)

type event struct {
	at   time.Duration
	kind int
	n    int // in the order of their making
	of   *attempt
}

type events []event

func (e events) Len() int      { return len(e) }
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	old := *e
	last := old[len(old)-1]
	*e = old[:len(old)-1]
	return last
}
func (e events) Less(i, j int) bool {
	if e[i].at != e[j].at {
		return e[i].at < e[j].at
	}
	if e[i].kind != e[j].kind {
		return e[i].kind < e[j].kind
	}
	return e[i].n < e[j].n
}

// player plays one run.
type player struct {
	Run
	pacer  *pace.Pacer
	strays pace.Strays
	dice   *rand.Rand

	now    time.Duration
	ahead  events
	made   int
	fresh  int        // reads not begun
	again  []*attempt // that may be sent again
	inside int
	proven bool
	pause  time.Duration
	waking time.Duration // when the sender wakes next; 0: nothing wakes it
	held   bool          // something other than the pace has kept the sender waiting
	result Result
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func (p *player) clock() time.Time { return noon.Add(p.now) }

// Play plays a run.
func (r Run) Play() Result {
	p := &player{Run: r, pacer: pace.NewPacer(noon, r.Rate), dice: rand.New(rand.NewPCG(r.Seed, 1)), fresh: r.Reads}
	if r.Reads == 0 {
		p.fresh = 1 << 30
	}
	p.send()
	for len(p.ahead) > 0 {
		e := heap.Pop(&p.ahead).(event)
		if r.Length > 0 && e.at > r.Length {
			break
		}
		p.now = e.at
		switch e.kind {
		case arrives:
			if e.of.passed = r.Gateway.Arrives(p.now, e.of.answered); e.of.passed {
				p.result.Passed = append(p.result.Passed, p.now)
			} else {
				p.result.Refused++
			}
		case answers:
			p.answer(e.of)
		case returns:
			p.again = append(p.again, e.of)
		case wakes:
			if e.at == p.waking {
				p.waking = 0
			}
		}
		p.send()
	}
	return p.result
}

func (p *player) put(at time.Duration, kind int, of *attempt) {
	p.made++
	heap.Push(&p.ahead, event{at, kind, p.made, of})
}

// send sends what may be sent, and sets the alarm for the rest.
func (p *player) send() {
	for p.fresh > 0 || len(p.again) > 0 {
		if !p.proven && p.inside > 0 {
			p.held = true
			return
		}
		if p.waking > p.now {
			return
		}
		wait := p.pause - p.now
		if p.held = p.held || wait > 0; wait <= 0 {
			if p.held || p.result.Sent == 0 {
				p.pacer.DropTokens(p.clock())
				p.held = false
			}
			wait = p.pacer.Take(p.clock(), p.Rate)
		}
		if wait > 0 {
			p.waking = p.now + wait
			p.put(p.waking, wakes, nil)
			return
		}
		p.start()
	}
}

func (p *player) start() {
	var a *attempt
	if len(p.again) > 0 {
		a, p.again = p.again[0], p.again[1:]
	} else {
		a = &attempt{}
		p.fresh--
	}
	a.tries++
	a.sent = p.now
	latency := time.Duration(float64(p.Latency) * (1 + p.Jitter*(2*p.dice.Float64()-1)))
	a.answered = p.now + latency
	p.inside++
	p.result.Sent++
	p.result.Starts = append(p.result.Starts, p.now)
	p.put(p.now+latency/2, arrives, a)
	p.put(a.answered, answers, a)
}

// answer heeds an answer, as a line does.
func (p *player) answer(a *attempt) {
	p.inside--
	p.result.Took = p.now
	if a.passed {
		p.proven = true
		p.strays.Passed()
		p.pacer.Passed(noon.Add(a.sent))
		return
	}
	if p.Refusal.Bare && p.strays.Refused() {
		p.pacer.Lost(noon.Add(a.sent))
		p.put(p.now+p.backOff(a), returns, a)
		return
	}
	p.pacer.Refused(p.clock(), noon.Add(a.sent), p.Refusal.After)
	if p.Refusal.After == 0 {
		p.put(p.now+p.backOff(a)+time.Second, returns, a)
		return
	}
	if until := p.now + p.Refusal.After; until > p.pause {
		p.pause = until
		p.pacer.Paused(noon.Add(until))
	}
	p.again = append(p.again, a)
}

// backOff is how long an attempt waits before the next: half a second at first,
// longer by half each time, half of it more or less.
func (p *player) backOff(a *attempt) time.Duration {
	d := 0.5
	for range a.tries - 1 {
		d *= 1.5
	}
	return time.Duration(d * (0.5 + p.dice.Float64()) * float64(time.Second))
}
