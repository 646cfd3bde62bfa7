package simulate

import "time"

// Gateway lets requests through, or refuses them. Times are since the beginning
// of the run.
type Gateway interface {
	// Arrives says whether a request that comes at a time, and will be answered at
	// another, is let through.
	Arrives(now, answered time.Duration) bool
}

// fixed lets so many through in each second of its own clock, which is ahead of
// the run's.
type fixed struct {
	most   int
	ahead  time.Duration
	second int64
	passed int
}

func (g *fixed) Arrives(now, _ time.Duration) bool {
	if second := int64((now + g.ahead) / time.Second); second != g.second {
		g.second, g.passed = second, 0
	}
	if g.passed >= g.most {
		return false
	}
	g.passed++
	return true
}

// sliding lets so many through in any second.
type sliding struct {
	most   int
	passed []time.Duration
}

func (g *sliding) Arrives(now, _ time.Duration) bool {
	if n := len(g.passed); n >= g.most && now-g.passed[n-g.most] < time.Second {
		return false
	}
	g.passed = append(g.passed, now)
	return true
}

// bucket has room for so many tokens, is full at first, and gets so many a second.
type bucket struct {
	perSecond, room float64
	spent           float64 // of the room, at the time of the last look
	looked          time.Duration
}

func (g *bucket) Arrives(now, _ time.Duration) bool {
	g.spent = max(0, g.spent-(now-g.looked).Seconds()*g.perSecond)
	g.looked = now
	if g.spent+1 > g.room {
		return false
	}
	g.spent++
	return true
}

// atOnce lets through as long as fewer than so many are being answered.
type atOnce struct {
	most  int
	until []time.Duration // of those let through
}

func (g *atOnce) Arrives(now, answered time.Duration) bool {
	inside := g.until[:0]
	for _, t := range g.until {
		if t > now {
			inside = append(inside, t)
		}
	}
	if g.until = inside; len(inside) >= g.most {
		return false
	}
	g.until = append(g.until, answered)
	return true
}

// strays is a gateway without a limit that refuses a share at random.
type strays struct {
	share float64
	dice  interface{ Float64() float64 }
}

func (g *strays) Arrives(time.Duration, time.Duration) bool { return g.dice.Float64() >= g.share }
