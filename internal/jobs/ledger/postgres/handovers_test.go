package postgres_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/ledger/ledgertest"
)

// A run is handed over, its legs are counted, and it is handed back; another process
// reads all of that.
func TestHandovers(t *testing.T) {
	p := place(t)
	ctx := t.Context()
	db, other := ledgertest.Opened(t, p), ledgertest.Opened(t, p)
	run, err := db.Start(ctx, ledger.RunInfo{Kind: ledger.Real, Input: "fleet.csv", Digest: "d", Accounts: []string{"m2m:a"}})
	require.NoError(t, err)
	_, handed, err := other.HandoverOf(ctx, run.ID)
	require.NoError(t, err)
	require.False(t, handed)

	require.NoError(t, db.HandOver(ctx, ledger.Handover{Run: run.ID, Job: `{"flags":{}}`, Files: []string{"c1", "c2"}, Waits: true}))
	open, err := other.HandedOver(ctx)
	require.NoError(t, err)
	require.Len(t, open, 1)
	require.Equal(t, []string{"c1", "c2"}, open[0].Files)
	require.Equal(t, `{"flags":{}}`, open[0].Job)
	require.False(t, open[0].Ready(), "it waits for an approval")
	require.NoError(t, other.Approve(ctx, run.ID, ledger.Approval{User: "ann", Digest: "d", SIMs: 3}))
	now := func() ledger.Handover {
		h, handed, err := db.HandoverOf(ctx, run.ID)
		require.NoError(t, err)
		require.True(t, handed)
		return h
	}
	require.True(t, now().Ready())

	for i, leg := range []struct{ stood, idle int }{{0, 1}, {0, 2}, {5, 1}, {5, 2}, {4, 3}, {5, 4}, {6, 1}} {
		idle, err := db.BeginLeg(ctx, run.ID, leg.stood)
		require.NoError(t, err)
		require.Equal(t, leg.idle, idle, "leg %d", i)
	}
	require.Equal(t, 6, now().Stood)

	// What brings it to workers knows its account by the name that it has.
	_, err = other.SameAccount(ctx, "m2m:new", "m2m:a", "ann", "renamed")
	var with *ledger.WithWorkersError
	require.ErrorAs(t, err, &with)
	require.Equal(t, ledger.WithWorkersError{Run: run.ID, Account: "m2m:a"}, *with)
	_, err = other.SameAccount(ctx, "m2m:b", "m2m:c", "ann", "renamed")
	require.NoError(t, err)

	require.NoError(t, db.HandBack(ctx, run.ID, "too many failed", "guarded"))
	_, err = other.SameAccount(ctx, "m2m:new", "m2m:a", "ann", "renamed")
	require.NoError(t, err)
	require.NoError(t, other.HandBack(ctx, run.ID, "later", ""), "the first word stands")
	h := now()
	require.False(t, h.Over.IsZero() || h.Ready())
	require.Equal(t, []string{"too many failed", "guarded"}, []string{h.Ending, h.Cause})
	open, err = other.HandedOver(ctx)
	require.NoError(t, err)
	require.Empty(t, open)

	// Given again it is open, and what was approved before does not count.
	require.NoError(t, other.HandOver(ctx, ledger.Handover{Run: run.ID, Waits: true}))
	h = now()
	require.True(t, h.Over.IsZero() && !h.Ready())
	require.Zero(t, h.Idle+h.Stood)
}

// A worker that has a run and was never heard of again is ended; one that says that it
// is alive is left alone, and so is whoever has a run of which no worker has ever said so.
func TestAHungWorkerIsEnded(t *testing.T) {
	where := place(t)
	ctx := t.Context()
	hung, other := ledgertest.Opened(t, where), ledgertest.Opened(t, where)
	run, err := hung.Start(ctx, ledger.RunInfo{Kind: ledger.Real, Input: "fleet.csv", Digest: "d", Accounts: []string{"m2m:a"}})
	require.NoError(t, err)
	require.NoError(t, hung.HandOver(ctx, ledger.Handover{Run: run.ID}))
	release, err := hung.HoldRun(ctx, run.ID)
	require.NoError(t, err)
	defer release()
	ended := func() bool {
		ended, err := other.EndHung(ctx, run.ID)
		require.NoError(t, err)
		return ended
	}
	require.False(t, ended())
	require.NoError(t, hung.Beat(ctx, run.ID))
	require.False(t, ended())
	sql(t, where.Where, `UPDATE bulk.handovers SET beat = beat - interval '44 seconds'`)
	require.False(t, ended())
	sql(t, where.Where, `UPDATE bulk.handovers SET beat = beat - interval '2 seconds'`)
	require.True(t, ended())
	require.Eventually(t, func() bool {
		release, err := other.HoldRun(ctx, run.ID)
		if err == nil {
			release()
		}
		return err == nil
	}, 10*time.Second, 10*time.Millisecond)
}

// What is kept for a run that was handed over, and what was done of it, stays while it
// is open, whatever is pruned.
func TestWhatIsKeptForARun(t *testing.T) {
	p := place(t)
	ctx := t.Context()
	db := ledgertest.Opened(t, p)
	run, err := db.Start(ctx, ledger.RunInfo{Kind: ledger.Real, Input: "fleet.csv", Digest: "d", Accounts: []string{"m2m:a"}})
	require.NoError(t, err)
	catalogue := []byte("code,name,type\n")
	sum := sha256.Sum256(catalogue)
	digest := hex.EncodeToString(sum[:])
	require.NoError(t, db.KeepInput(ctx, digest, bytes.NewReader(catalogue)))
	require.NoError(t, db.HandOver(ctx, ledger.Handover{Run: run.ID, Files: []string{digest}}))
	require.NoError(t, db.KeepPicture(ctx, run.ID, "1.png", []byte("old")))
	require.NoError(t, db.KeepPicture(ctx, run.ID, "1.png", []byte("new")))
	png, err := db.Picture(ctx, run.ID, "1.png")
	require.NoError(t, err)
	require.Equal(t, "new", string(png))
	_, err = db.Picture(ctx, run.ID, "2.png")
	require.ErrorIs(t, err, fs.ErrNotExist)

	_, needed, err := db.Prune(ctx, time.Now().Add(-time.Hour))
	require.NoError(t, err)
	require.Contains(t, needed, digest)
	_, needed, err = db.Prune(ctx, time.Now().Add(time.Hour))
	require.NoError(t, err)
	require.Contains(t, needed, digest, "it is open still")
	require.Contains(t, needed, "d", "and so is its input")
	_, err = db.Picture(ctx, run.ID, "1.png")
	require.NoError(t, err)
	info, _, err := db.Run(ctx, run.ID)
	require.NoError(t, err)
	require.True(t, info.PrunedAt.IsZero())
	require.NoError(t, db.HandBack(ctx, run.ID, "", ""))
	_, needed, err = db.Prune(ctx, time.Now().Add(time.Hour))
	require.NoError(t, err)
	require.NotContains(t, needed, digest)
	_, err = db.Picture(ctx, run.ID, "1.png")
	require.ErrorIs(t, err, fs.ErrNotExist)
}
