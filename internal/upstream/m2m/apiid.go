package m2m

import (
	"crypto/rand"
	"encoding/binary"
	"strconv"
	"sync/atomic"
)

// apiIDs numbers the requests of this process: no two are the same, and with
// a random start below 2^48 two runs are unlikely to share any.
var apiIDs = func() *atomic.Uint64 {
	var start [8]byte
	_, _ = rand.Read(start[:]) // never fails: it ends the process rather
	n := new(atomic.Uint64)
	n.Store(binary.BigEndian.Uint64(start[:]) >> 16)
	return n
}()

func freshAPIID() string { return strconv.FormatUint(apiIDs.Add(1), 10) }
