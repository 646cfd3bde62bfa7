package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"bulk/internal/jobs"
)

// iccid is the number of the nth SIM of the fleet, check digit included. None
// ends in zeros, or it would look rounded by a spreadsheet.
func iccid(n int) jobs.ICCID {
	body := []byte("894450000000000000")
	for at, rest := len(body)-1, n/999*1000+n%999+1; rest > 0; at, rest = at-1, rest/10 {
		body[at] = byte('0' + rest%10)
	}
	sum := 0
	for at := len(body) - 1; at >= 0; at-- {
		digit := int(body[at] - '0')
		if (len(body)-1-at)%2 == 0 {
			if digit *= 2; digit > 9 {
				digit -= 9
			}
		}
		sum += digit
	}
	return jobs.ICCID(strconv.AppendInt(body, int64((10-sum%10)%10), 10))
}

const (
	liveGroup    = "L100" // of the sandbox's catalogue
	pendingGroup = "P100"
)

// block is so many rows with one action, from a SIM on.
type block struct {
	action jobs.Action
	from   int
	rows   int
}

// inputFile makes an input of six columns, as they come from an order system.
func (b *bench) inputFile(name string, blocks ...block) (string, error) {
	return b.file(name, func(w io.Writer) error {
		fmt.Fprintln(w, "iccid,action,group,order,device,site")
		for _, part := range blocks {
			group := ""
			if part.action.Irreversible() {
				group = liveGroup
			}
			for n := part.from; n < part.from+part.rows; n++ {
				fmt.Fprintf(w, "%s,%s,%s,PO-%d,meter %d,Rotterdam\n", iccid(n), part.action, group, n/100, n)
			}
		}
		return nil
	})
}

// catalogFile makes the group catalogue that goes with the fleet.
func (b *bench) catalogFile() (string, error) {
	return b.file("groups.csv", func(w io.Writer) error {
		fmt.Fprintf(w, "code,name,type\n%s,New SIMs,pending\n%s,Live Standard,live\n", pendingGroup, liveGroup)
		return nil
	})
}

// fleetWriter writes a fleet as bulk's --fleet reads it.
func fleetWriter(sims int) func(io.Writer) error {
	return func(w io.Writer) error { return writeFleet(w, sims) }
}

// writeFleet writes the fleet that the sandbox is to have.
func writeFleet(w io.Writer, sims int) error {
	out := bufio.NewWriterSize(w, 1<<16)
	fmt.Fprintln(out, "iccid,status,group,profile_state,imsi")
	for n := range sims {
		fmt.Fprintf(out, "%s,active,%s,ENABLED,%d\n", iccid(n), pendingGroup, 204_040_000_000_000+n)
	}
	return out.Flush()
}

func (b *bench) file(name string, write func(io.Writer) error) (path string, err error) {
	path = filepath.Join(b.folder, name)
	file, err := os.Create(path)
	if err != nil {
		return "", err
	}
	out := bufio.NewWriterSize(file, 1<<20)
	if err := write(out); err != nil {
		return "", err
	}
	if err := out.Flush(); err != nil {
		return "", err
	}
	return path, file.Close()
}
