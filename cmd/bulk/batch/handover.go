package batch

import (
	"context"
	"fmt"
	"strings"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs/ledger"
)

// handOver gives the run to workers, unless they have it already, and waits for it to
// end, unless nobody is to.
func (j *begun) handOver(ctx context.Context) error {
	if !j.p.Watching.Away() {
		return context.Canceled // by a signal, which is what the person is told
	}
	if !j.theirs {
		if err := j.give(ctx); err != nil {
			return console.Refused(err.Error(), "nothing was sent; the run was not handed over")
		}
	}
	if err := j.bring(ctx); err != nil {
		return err
	}
	j.summedUp = true // from here on it is for the worker that ends it to tell
	if t := &j.s.Notices; len(t.Targets) > 0 || t.OnFinish != "" {
		j.u.Say("who is to hear of its end is told by the worker that ends it (--notify and --on-finish of bulk worker), not from here")
	}
	waits := j.changes.waits
	switch {
	case j.theirs:
		j.u.Say("run %d is with the workers already", j.run.ID)
		if err := j.sayOtherwise(ctx); err != nil {
			return err
		}
	case waits:
		j.u.Say("run %d would change %s for good and waits for an approval: bulk runs approve %d --approve %s%s", j.run.ID, Counted(j.changes.total), j.run.ID,
			j.copy.Digest, j.wayThere())
	default:
		j.u.Say("run %d is handed to the workers: %s", j.run.ID, console.Plural(j.survey.Selected, "row", "rows"))
	}
	if flags := j.s.NotDetached(); flags != nil {
		j.u.Warn("nobody here waits for the run, so %s will not be written; the same command with --resume and without --detach waits, and writes it", strings.Join(flags, ", "))
	}
	if j.s.Detach {
		_, err := fmt.Fprintln(j.p.Stdout, j.run.ID)
		j.u.Say("wait for it, and have its result file: bulk runs wait %d -o %s%s", j.run.ID, console.Shell(j.output), j.wayThere())
		return err
	}
	return j.follow(ctx)
}

// sayOtherwise says what is not heeded of a command by which somebody only waits: the
// run goes on as it was handed over.
func (j *begun) sayOtherwise(ctx context.Context) error {
	h, _, err := j.db.HandoverOf(ctx, j.run.ID)
	if err != nil {
		return console.Broken(err)
	}
	given, err := settings.ReadHanded(h.Job)
	if err != nil {
		return console.Broken(err)
	}
	other := given.Otherwise(j.s.Handed)
	if j.catalog != nil && j.catalog.Digest != given.Catalog {
		other = append(other, "--catalog")
	}
	if j.current != nil && j.current.Digest != given.CurrentGroups {
		other = append(other, "--current-groups")
	}
	if other != nil {
		j.u.Warn("run %d goes on as it was handed over; what is given otherwise now is not used: %s", j.run.ID, strings.Join(other, ", "))
	}
	return nil
}

// give keeps what a worker needs and writes the handover down. It is the last thing:
// before it no worker knows of the run.
func (j *begun) give(ctx context.Context) error {
	h := settings.Handed{Engine: j.s.Engine, Flags: j.s.Handed, Off: j.off(), Output: j.output, Pictures: j.pictures}
	if at, flag, set := j.s.Deadline(j.started); set {
		h.Deadline, h.DeadlineFlag = at.UTC(), flag
	}
	h.Catalog = j.keptCatalog() // with the run's input
	if h.Catalog != "" {
		h.CatalogName = j.s.Catalog
	}
	if j.current != nil {
		h.CurrentGroups = j.current.Digest
		if err := j.keepFile(ctx, j.current.Path, j.current.Digest); err != nil {
			return err
		}
	}
	handover := ledger.Handover{Run: j.run.ID, Job: h.Text(), Waits: j.changes.waits}
	for _, digest := range []string{h.Catalog, h.CurrentGroups} {
		if digest != "" {
			handover.Files = append(handover.Files, digest)
		}
	}
	if err := j.db.Want(ctx, j.run.ID, WantRun, j.p.User(), ""); err != nil {
		return err
	}
	return j.db.HandOver(ctx, handover)
}
