package input

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"
)

func TestBig(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("iccid,action,group,order,device,site\n")
	for i := range 4000000 {
		fmt.Fprintf(&b, "89445%014d,query_status,,PO-%d,meter %d,Rotterdam\n", i, i/100, i)
	}
	c, _ := Take(&b, t.TempDir())
	b = bytes.Buffer{}
	f, _ := Open(c, Options{Kin: true})
	for range 2 {
		t0 := time.Now()
		s, _ := f.Scan(context.Background())
		fmt.Println(s.Rows, time.Since(t0)/4000000)
	}
}
