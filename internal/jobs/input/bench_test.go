package input

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"testing"

	"github.com/gocarina/gocsv"
	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

const benchRows = 200_000

// madeICCID makes the nth ICCID of a fleet, check digit included.
func madeICCID(n int) string {
	body := fmt.Sprintf("894450%012d", n)
	for d := range 10 {
		if i := jobs.ICCID(body + strconv.Itoa(d)); i.LuhnOK() {
			return string(i)
		}
	}
	panic("no digit checks")
}

// benchFile is a file as they come: 200,000 rows of six columns.
func benchFile() []byte {
	var b bytes.Buffer
	b.WriteString("iccid,action,group,order,device,site\n")
	for n := range benchRows {
		fmt.Fprintf(&b, "%s,query_status,,PO-%d,meter %d,Rotterdam\n", madeICCID(n), n/100, n)
	}
	return b.Bytes()
}

func benchOpen(b *testing.B) *File {
	c, err := Take(bytes.NewReader(benchFile()), b.TempDir())
	require.NoError(b, err)
	f, err := Open(b.Context(), c, Options{Ordered: true})
	require.NoError(b, err)
	return f
}

func perRow(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
}

func BenchmarkTake(b *testing.B) {
	text := benchFile()
	dir := b.TempDir()
	for b.Loop() {
		c, err := Take(bytes.NewReader(text), dir)
		require.NoError(b, err)
		require.NoError(b, c.Remove())
	}
	perRow(b)
}

func BenchmarkScan(b *testing.B) {
	f := benchOpen(b)
	b.ReportAllocs()
	for b.Loop() {
		s, err := f.Scan(context.Background())
		require.NoError(b, err)
		require.Equal(b, benchRows, s.Rows)
	}
	perRow(b)
}

func BenchmarkRows(b *testing.B) {
	f := benchOpen(b)
	s, err := f.Scan(context.Background())
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, err := range f.Rows(context.Background(), s) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		require.Equal(b, benchRows, n)
	}
	perRow(b)
}

// BenchmarkGocsvBaseline is the bare reading that the speed of check is held
// against: encoding/csv and gocsv's mapping, nothing checked.
func BenchmarkGocsvBaseline(b *testing.B) {
	type plain struct {
		ICCID  string `csv:"iccid"`
		Action string `csv:"action"`
		Group  string `csv:"group"`
		Order  string `csv:"order"`
		Device string `csv:"device"`
		Site   string `csv:"site"`
	}
	path := b.TempDir() + "/input.csv"
	require.NoError(b, os.WriteFile(path, benchFile(), 0o600))
	b.ReportAllocs()
	for b.Loop() {
		file, err := os.Open(path)
		require.NoError(b, err)
		rows, err := gocsv.NewUnmarshaller(csv.NewReader(file), plain{})
		require.NoError(b, err)
		n := 0
		for {
			_, err := rows.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		require.Equal(b, benchRows, n)
		require.NoError(b, file.Close())
	}
	perRow(b)
}
