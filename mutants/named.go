package main

import (
	"fmt"
	"os"
	"strings"
)

// namedEdit is a fault that somebody could make. old must stand in the file once,
// so that the table fails where the code has changed, and is to be looked at.
type namedEdit struct {
	fault    string
	file     string
	old, new string
	tests    []*suite // that should notice, beside the package's own
}

// stories are those of the command's end-to-end tests.
func stories(names string) []*suite {
	return []*suite{tests("cmd/bulk", "TestScripts/^("+names+")$")}
}

var (
	syncs  = []*suite{tests("cmd/bulk", "^TestSynced$")}
	runner = []*suite{tests("internal/jobs/runner", "")}
	handed = []*suite{tests("cmd/bulk", "^(TestNothingIsSentUnapproved|TestNothingIsSettled|TestScriptsOfSharedLedgers$/^workers_told)$")}
)

var namedEdits = []namedEdit{
	// The way to an upstream.
	{"a command whose record took long is sent whatever happened meanwhile", "internal/upstream/line.go",
		"if l.state.clear(now, e) {", "if true {", nil},
	{"a command whose record took long leaves although the machine has slept", "internal/upstream/line.go",
		"\tnow := time.Now()\n\tl.noticeSleep(now, time.Time{})\n", "\tnow := time.Now()\n", nil},
	{"a row that has waited for its token is not looked at again", "internal/upstream/line.go",
		"if a.end != nil || a.wait != 0 {", "if (a.end != nil || a.wait != 0) && !held && due.IsZero() {", nil},
	{"a Retry-After is not heeded by those that wait", "internal/upstream/state.go",
		"\tcase s.pause.After(now):\n\t\treturn admission{wait: s.pause.Sub(now)}\n", "", nil},
	{"a Retry-After does not keep a recorded command back", "internal/upstream/state.go",
		"!s.down() && !s.pause.After(now) && s.wokeAt.IsZero()", "!s.down() && s.wokeAt.IsZero()", nil},
	{"an upstream that is down does not keep a recorded command back", "internal/upstream/state.go",
		"!s.down() && !s.pause.After(now) && s.wokeAt.IsZero()", "!s.pause.After(now) && s.wokeAt.IsZero()", nil},
	{"a run that ends does not keep a recorded command back", "internal/upstream/state.go",
		"s.ended == nil && !(s.drained && e.fresh)", "s.ended == nil", nil},
	{"refused credentials do not keep a recorded command back", "internal/upstream/state.go",
		"s.ended == nil && !(s.drained && e.fresh)", "!(s.drained && e.fresh)", nil},
	{"an upstream that only throttles is never held", "internal/upstream/state.go",
		"\tif s.throttled >= deafRefused && now.Sub(s.troubled) >= deafFor {\n\t\ts.hold(now)\n\t}\n", "", nil},
	{"many go together before anything was let in", "internal/upstream/state.go",
		"\tcase !s.proven && s.inside > 0:\n\t\treturn admission{wait: forever} // one at a time, lest an account be locked\n", "", nil},
	{"an attempt stays counted as under way", "internal/upstream/state.go",
		"\ts.inside--\n\tif o.probe {", "\tif o.probe {", nil},
	{"an attempt that was taken back stays counted as under way", "internal/upstream/line.go",
		"\tl.state.inside--\n", "", nil},
	{"no backoff", "internal/upstream/retry.go", "wait := t.delays.NextBackOff()", "wait := time.Duration(0)", nil},
	{"a plain 4xx read is retried", "internal/upstream/retry.go",
		"\treturn t.trouble == Down || t.trouble == Throttling || t.trouble == Stale\n", "\treturn true\n", nil},
	{"a command that may have been done is sent again", "internal/upstream/retry.go",
		"if a.Verdict != jobs.SurelyNotSent {", "if a.Verdict == jobs.Done || a.Verdict == jobs.Refused {", nil},
	{"a command is sent without its record", "internal/upstream/retry.go",
		"\t\t\tl.withdraw()\n\t\t\treturn t.unrecorded(err)\n", "", nil},
	{"an attempt more than --retries", "internal/upstream/retry.go", "t.own <= t.line.Retries", "t.own <= t.line.Retries+1", nil},
	{"a drained line lets new requests out", "internal/upstream/line.go", "\tl.state.drained = true\n", "", nil},

	// The runner.
	{"the next row of a SIM sets out before the outcome of the one before is on disk", "internal/jobs/runner/lane.go",
		"\t\tl.finish(&row, result)\n\t\tif row.Ordered {\n\t\t\tl.order.finished(row.ICCID.SIM())\n\t\t}\n",
		"\t\tif row.Ordered {\n\t\t\tl.order.finished(row.ICCID.SIM())\n\t\t}\n\t\tl.finish(&row, result)\n", nil},
	{"between a bad result and the run's end a row slips through", "internal/jobs/runner/guards.go",
		"\t\tg.closed = g.closed || why != Complete\n", "", nil},
	{"rows that are let go once the run is ending are sent", "internal/jobs/runner/guards.go",
		"\tif g.closed {\n\t\treturn context.Canceled\n\t}\n", "", nil},
	{"what became unknown gives its place in doubt back", "internal/jobs/runner/guards.go",
		"\t\tg.doubt.unknown++\n", "", nil},
	{"a row that the ledger could not settle gives its place back", "internal/jobs/runner/guards.go",
		"\tif g.doubt.places[row.Seq] && result.Outcome == jobs.NotRun {\n\t\treturn true\n\t}\n", "", nil},
	{"rows that sent nothing count for --max-failures", "internal/jobs/runner/guards.go",
		"\tif !result.Asked() || result.Outcome == jobs.NotRun {\n\t\treturn \"\"\n\t}\n", "", nil},
	{"unknown rows do not count for --max-failures", "internal/jobs/runner/guards.go",
		"result.Outcome == jobs.Unknown || result.Outcome == jobs.Failed && OnTheWay(result)", "result.Outcome == jobs.Failed && OnTheWay(result)", nil},
	{"a canary that is unknown gives its place to another", "internal/jobs/runner/canary.go",
		"if !begun { // barred", "if true { // barred", nil},
	{"a row that was not approved is sent", "internal/jobs/runner/guards.go",
		"if r.Approved != nil && !r.Approved.Has(row.Seq) {", "if false {", nil},
	{"a result that the ledger lost does not end the run", "internal/jobs/runner/book.go",
		"\t\tb.run.end(DiskTrouble, err.Error())\n", "", nil},
	{"a result that the ledger lost is not kept", "internal/jobs/runner/book.go",
		"\t\tb.keep(row, result)\n\t\tb.run.end(", "\t\tb.run.end(", nil},
	{"a result that the ledger lost a moment later is passed over", "internal/jobs/runner/book.go",
		"b.run.Run.Record(row, result, lost)", "b.run.Run.Record(row, result, func(error) {})", nil},
	{"a run that was ended lets what waits set out", "internal/jobs/runner/runner.go",
		"\tr.book.ended(why, cause)\n\tr.shut()\n", "\tr.book.ended(why, cause)\n", nil},
	{"a run that was ended leaves the lines open", "internal/jobs/runner/runner.go",
		"\t\tl.Drain()\n", "\t\t_ = l\n", nil},

	// The ledger.
	{"what an irreversible row came to is not awaited", "internal/jobs/ledger/act.go",
		"\tif irreversible {\n\t\treturn r.db.write.do(", "\tif false {\n\t\treturn r.db.write.do(", runner},
	{"a change is called written before it is", "internal/jobs/ledger/writer.go",
		"\tcase err := <-done:\n\t\treturn err\n\tcase <-w.stopped:", "\tdefault:\n\t\treturn nil\n\tcase <-w.stopped:", runner},
	{"the journal is not synced", "internal/jobs/ledger/sqlite/store.go", `"synchronous(FULL)"`, `"synchronous(OFF)"`, syncs},
	{"the journal is synced once where it must be twice", "internal/jobs/ledger/sqlite/store.go", `"synchronous(FULL)"`, `"synchronous(NORMAL)"`, syncs},

	// What an answer means.
	{"two api_ids that differ are believed", "internal/upstream/m2m/judge.go",
		"in.checkAPIID && ans.apiID.disagree", "false", nil},
	{"another request's api_id is believed", "internal/upstream/m2m/judge.go",
		"in.checkAPIID && ans.apiID.said && ans.apiID.text != q.apiID", "false", nil},
	{"an outcome that begins like success is one", "internal/upstream/m2m/judge.go",
		"\tcase said.text == foldSuccess:\n", "\tcase strings.HasPrefix(said.text, foldSuccess):\n", nil},
	{"a success that names an error is believed", "internal/upstream/m2m/judge.go",
		"said.text == foldSuccess && ans.saysError", "false", nil},
	{"outcomes that differ are believed", "internal/upstream/m2m/judge.go",
		"\tcase said.disagree:\n", "\tcase false:\n", nil},
	{"an answer about another SIM is believed", "internal/upstream/m2m/judge.go",
		"return !wire.SameSIM(named, jobs.ICCID(q.iccid))", "return false", nil},
	{"any beginning of an ICCID is the same SIM", "internal/upstream/wire/samesim.go",
		"return shorter == longer[:max(0, len(longer)-1)] && jobs.ICCID(longer).LuhnOK()", "return strings.HasPrefix(longer, shorter)", nil},
	{"an ICCID with any digit more is the same SIM", "internal/upstream/wire/samesim.go",
		" && jobs.ICCID(longer).LuhnOK()", "", nil},
	{"a picture of any size is decoded", "internal/upstream/betatel/picture.go",
		"config.Width > maxSide || config.Height > maxSide", "false", nil},
	{"a broken picture is kept", "internal/upstream/betatel/picture.go",
		"if _, err := png.Decode(bytes.NewReader(body)); err != nil {", "if false {", nil},

	// What is shown and kept of it.
	{"XML's escapes hide a secret", "internal/upstream/mask/layers.go", "{'&', entity}, ", "", nil},
	{"a URL's escapes hide a secret", "internal/upstream/mask/layers.go", "{'%', percent}, ", "", nil},
	{"JSON's escapes hide a secret", "internal/upstream/mask/layers.go", `, {'\\', backslash}`, "", nil},
	{"activation codes are shown", "internal/upstream/mask/mask.go", "\t\tl.cover(covered, lpa.FindAllStringIndex(l.text, -1))\n", "", nil},
	{"the password of a URL is shown", "internal/upstream/mask/mask.go", "\t\t\tl.cover(covered, [][]int{at[2:4]})\n", "\t\t\t_ = at\n", nil},
	{"secrets are shown", "internal/upstream/mask/mask.go", "\t\tif m.needles != nil {\n", "\t\tif false {\n", nil},
	{"an activation code that line ends divide is shown", "internal/upstream/mask/mask.go", "m.Hide(oneLine(m.Hide(text)))", "oneLine(m.Hide(text))", nil},
	{"an activation code's end is lost before it is looked for", "internal/upstream/mask/mask.go", "m.Hide(oneLine(m.Hide(text)))", "m.Hide(oneLine(text))", nil},

	// Connections.
	{"HTTP/2 is spoken", "internal/upstream/wire/client.go", "protocols.SetHTTP1(true)", "protocols.SetHTTP1(true); protocols.SetHTTP2(true)", nil},
	{"idle connections are kept longer than servers keep them", "internal/upstream/wire/client.go", "= 4 * time.Second", "= 90 * time.Second", nil},
	{"redirects are followed", "internal/upstream/wire/send.go", "s.transport().RoundTrip(once(", "(&http.Client{Transport: s.transport()}).Do(once(", nil},
	{"old TLS is spoken", "internal/upstream/wire/client.go", "MinVersion: tls.VersionTLS12, ", "MinVersion: tls.VersionTLS10, ", nil},

	// Two runs, and one that goes on.
	{"--wait is ignored", "cmd/bulk/batch/open.go", "j.db.Hold(ctx, j.accounts, j.s.Wait)", "j.db.Hold(ctx, j.accounts, 0)", stories("two_runs")},
	{"a run goes on with other settings", "cmd/bulk/batch/choose.go", "case !sameSettings(last.Settings, j.s.Record()):", "case false:", stories("other_settings")},
	{"an unfinished run is begun anew unasked", "cmd/bulk/batch/choose.go", "case !unfinished || j.s.Restart:", "case !unfinished || j.s.Restart || !j.s.Resume:", stories("other_settings")},

	// A run that was handed to workers.
	{"what nobody approved is sent by a worker", "cmd/bulk/batch/leg.go", "case most == 0:", "case most < 0:", handed},
	{"a worker sends to more SIMs than were approved", "cmd/bulk/batch/leg.go", "case sims > most:", "case sims < 0:", handed},
	{"an approval of other bytes is one", "cmd/bulk/batch/leg.go", "if a.Digest == l.info.Digest {", "if a.Digest != \"\" {", handed},
	{"workers that settle nothing go on for ever", "cmd/bulk/batch/leg.go", "if idle > idleLegs {", "if idle < 0 {", handed},
	{"a worker's guards begin anew with each leg", "internal/jobs/runner/runner.go", "if s.Kept.legs != nil {", "if s.Kept == nil {", nil},
	{"a cancelled run is gone on with", "cmd/bulk/batch/leg.go", "case wanted.Want == WantCancel:", "case false:", handed},
	{"one worker does two runs of an account", "cmd/bulk/engine/engine.go", "return slices.Contains(taken, a)", "return false && slices.Contains(taken, a)", nil},

	{"a frozen worker that comes back writes results over another's", "internal/jobs/ledger/postgres/batch.go", "WHERE t.start = 0 OR t.start = newest.n", "WHERE true OR t.start = newest.n", nil},
	{"a frozen worker that comes back ends the run that another has ended", "internal/jobs/ledger/postgres/apply.go", "const isNewest = `($2 = 0 OR ", "const isNewest = `(true OR $2 = 0 OR ", nil},
	{"a process that was taken for dead writes over what another did since", "internal/jobs/ledger/sqlite/apply.go", "if start < newest {", "if newest < 0 {", nil},

	// What outlasts a loss of power.
	{"a result file is in place before its content is on disk", "internal/report/beside.go",
		"\tif err := b.file.Sync(); err != nil {\n\t\treturn \"\", cause(err)\n\t}\n", "", syncs},
	{"a result file's name is not on disk", "internal/report/publish.go", "err := durable.Folder(folder); err != nil", "err := error(nil); err != nil && durable.Folder(folder) != nil", syncs},
	{"no file is synced", "internal/jobs/durable/durable.go", "errors.Join(file.Sync(), file.Close())", "file.Close()", syncs},
	{"no folder is synced", "internal/jobs/durable/durable.go", "err = folder.Sync()", "err = nil", syncs},
	{"a new folder's name is not on disk", "internal/jobs/durable/durable.go", "if err := Folder(filepath.Dir(made)); err != nil &&", "if err := error(nil); made == \"\" &&", syncs},
	{"the kept input's content is not on disk", "internal/jobs/input/copy.go", "err := durable.File(c.Path); err != nil", "err := error(nil); err != nil", syncs},
	{"the kept input's name is not on disk", "internal/jobs/input/copy.go", "return durable.Folder(filepath.Dir(path))", "if false {\n\t\treturn durable.Folder(filepath.Dir(path))\n\t}\n\treturn nil", syncs},
	{"the mark is moved with the first act alone", "cmd/bulk/ledgers/marking.go", "!marked || before.Number < a.ID", "!marked || before.Number < 0", nil},
	// The ledger in a database.
	{"the claim's number is not looked at with an intent", "internal/jobs/ledger/postgres/batch.go",
		"WHERE EXISTS (SELECT 1 FROM claims WHERE account = $1 AND epoch = $2)", "WHERE true", nil},
	{"an intent whose answer was lost stays", "internal/jobs/ledger/postgres/commit.go", "\t\ts.takeBack(b, intents)\n", "", nil},
	{"a commit whose answer was lost is made again", "internal/jobs/ledger/postgres/commit.go",
		`return status != nil && *status == "committed", nil`, "return false, nil", nil},
	{"a holder that hangs keeps its account", "internal/jobs/ledger/postgres/hold.go", "return nil, s.endStuck(ctx, account)", "return nil, nil", nil},
	{"a database that came back without an act is gone on with", "internal/jobs/ledger/postgres/connect.go",
		"SELECT $1 = 0 OR EXISTS", "SELECT true OR EXISTS", nil},
	{"an account is not taken again after a lost connection", "internal/jobs/ledger/postgres/connect.go",
		"if err := s.retakeOne(ctx, h); err != nil {", "if false {", nil},
	{"a server that forgets what it confirms is taken", "internal/jobs/ledger/postgres/suited.go", `if value != "on" {`, "if false {", nil},
	{"another name of the account is not looked at when an intent is written", "internal/jobs/ledger/sqlite/apply.go", "WHERE ?17 IS NULL OR NOT EXISTS", "WHERE 1 OR ?17 IS NULL OR NOT EXISTS", nil},
	{"a file that another program wrote into is left as sound", "internal/jobs/ledger/sqlite/left.go", "at != s.since", "at < 0", nil},
	{"what is written into a file while it is closed counts as bulk's", "internal/jobs/ledger/sqlite/left.go", "\t\treturn \"\"\n\t}\n\treturn now\n",
		"\t\treturn \"\"\n\t}\n\tnow, _ = s.likeness()\n\treturn now\n", nil},
	{"what was written into an old ledger before its migration is not gone through", "internal/jobs/ledger/sqlite/migrate.go",
		"s.sound = s.sound && done && kept.moment == s.since", "s.sound = s.sound && done", nil},
	{"a mark's content is not on disk", "internal/jobs/ledger/mark/replace.go", "err = errors.Join(err, file.Sync())", "err = errors.Join(err)", syncs},
	{"a mark's name is not on disk", "internal/jobs/ledger/mark/replace.go", "return durable.Folder(filepath.Dir(path))", "if false {\n\t\treturn durable.Folder(filepath.Dir(path))\n\t}\n\treturn nil", syncs},
	{"a new ledger's name is not on disk", "internal/jobs/ledger/sqlite/build.go", "return true, syncFolder(dir)", "return true, nil", syncs},
	{"the copy of an old ledger is not on disk", "internal/jobs/ledger/sqlite/migrate.go", "\t\terr = fsync(file)\n", "", nil},
	{"the name of the copy of an old ledger is not on disk", "internal/jobs/ledger/sqlite/migrate.go", "return syncFolder(filepath.Dir(c.path))", "return nil", nil},
	{"what a killed migration left passes for the ledger as it was", "internal/jobs/ledger/sqlite/migrate.go", "filepath.Base(s.real), unfinished, version", "filepath.Base(s.real), \".schema\", version", nil},
}

// namedMutants makes the table's mutants. It fails where an edit no longer fits.
func namedMutants() (all []*mutant, err error) {
	for _, e := range namedEdits {
		text, err := os.ReadFile(e.file)
		if err != nil {
			return nil, err
		}
		if n := strings.Count(string(text), e.old); n != 1 {
			return nil, fmt.Errorf("named.go, %q: %s holds the text %d times and not once; has the code moved?\n%s", e.fault, e.file, n, e.old)
		}
		at := strings.Index(string(text), e.old)
		m := edited(e.file, text, at, at+len(e.old), e.new)
		m.fault = e.fault
		m.tests = append([]*suite{tests(folderOf(e.file), "")}, e.tests...)
		all = append(all, m)
	}
	return all, nil
}

func folderOf(file string) string { return file[:strings.LastIndex(file, "/")] }
