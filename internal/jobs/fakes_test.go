package jobs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

const (
	testAccount = "m2m:fleet@portal.example"
	testSIM     = ICCID("8944120000000000012")
)

// world is everything around a row, played: what was asked, sent and written is
// told in events, in order.
type world struct {
	answers  map[Action]Answer
	command  Answer
	standing Standing
	ledger   error // of Standing
	begin    error
	save     error
	draw     error
	misdrawn bool // what is drawn says something else
	events   []string
}

func (w *world) note(format string, args ...any) {
	w.events = append(w.events, fmt.Sprintf(format, args...))
}

// count tells how often an event came.
func (w *world) count(event string) (n int) {
	for _, e := range w.events {
		if e == event {
			n++
		}
	}
	return n
}

func (w *world) Ask(ctx context.Context, _ Turn, action Action, iccid ICCID) Answer {
	w.note("ask %s", action)
	if ctx.Err() != nil {
		return Answer{Verdict: SurelyNotSent, Code: Interrupted}
	}
	if a, ok := w.answers[action]; ok {
		return a
	}
	a := Answer{Verdict: Done, Attempts: 1, HTTPStatus: 200, RequestID: "ask-" + string(action)}
	if action == QueryStatus {
		a.Data = &Data{SIMStatus: "active"}
	}
	return a
}

func (w *world) SetAAGroup(ctx context.Context, _ Turn, iccid ICCID, group string, in Intent) Answer {
	if err := in.Clear(ctx); err != nil {
		return Answer{Verdict: SurelyNotSent, Code: Interrupted}
	}
	if err := in.Begin(ctx); err != nil {
		return Answer{Verdict: SurelyNotSent, Code: Aborted, Detail: err.Error(), Ends: EndsDisk}
	}
	w.note("send %s", group)
	a := w.command
	if a.Verdict == Done {
		a = Answer{Verdict: Done, Attempts: 1, HTTPStatus: 200, RequestID: "sent"}
	}
	return a
}

func (w *world) Standing(context.Context, string, ICCID) (Standing, error) {
	w.note("standing")
	return w.standing, w.ledger
}

func (w *world) Intend(account string, row *Row, over Standing) Intent { return &fakeIntent{w} }

type fakeIntent struct{ w *world }

func (i *fakeIntent) Clear(ctx context.Context) error { return ctx.Err() }
func (i *fakeIntent) Begin(context.Context) error     { i.w.note("begin"); return i.w.begin }
func (i *fakeIntent) NotSent() error                  { i.w.note("not sent"); return nil }

func (w *world) Save(action Action, iccid ICCID, png []byte) (string, error) {
	w.note("save %s", png)
	return "qr/" + string(iccid) + ".png", w.save
}

// Draw makes a "picture" that says what it shows.
func (w *world) Draw(code string) ([]byte, error) {
	w.note("draw")
	if w.misdrawn {
		code += "0"
	}
	return []byte("picture of " + code), w.draw
}

func (w *world) Load(file string) ([]byte, error) { return nil, errors.New("no " + file) }

func (w *world) Read(png []byte) (string, error) {
	text, ok := strings.CutPrefix(string(png), "picture of ")
	if !ok {
		return "", errors.New("no QR code can be read in the picture")
	}
	return text, nil
}

var errDisk = errors.New("no space left on device")

// refuse is an answer that says no.
func refuse(c Code) Answer {
	return Answer{Verdict: Refused, Code: c, UpstreamError: "their words", Attempts: 1, HTTPStatus: 200, RequestID: "refused"}
}

func column(name string) Column {
	c, ok := ParseColumn(name)
	if !ok {
		panic(name)
	}
	return c
}

func read(pairs ...any) Answer {
	a := Answer{Verdict: Done, Data: new(Data), Attempts: 1, HTTPStatus: 200, RequestID: "read"}
	for i := 0; i < len(pairs); i += 2 {
		a.Data.Set(column(pairs[i].(string)), pairs[i+1].(string))
	}
	return a
}

const testCatalog = "code,name,type\nP1,Starter,pending\nL1,Fleet,live\nS1,Parked,suspended\n"

func (w *world) deps() Deps {
	catalog, err := ReadCatalog(strings.NewReader(testCatalog), "groups.csv")
	if err != nil {
		panic(err)
	}
	now := time.Date(2026, 10, 1, 8, 0, 0, 0, time.UTC)
	return Deps{
		Ask: w, Command: w, Ledger: w, Catalog: catalog, Preflight: Preflight{Status: true, Contract: true}, Pictures: w,
		Accounts: map[Upstream]string{M2M: testAccount, Betatel: "betatel:7@esim.example"},
		Now:      func() time.Time { now = now.Add(10 * time.Millisecond); return now },
	}
}

func commandRow() Row {
	return Row{Seq: 3, Line: 5, ICCID: testSIM, Action: SetAAGroup, Group: "L1", SameReadAs: -1}
}
