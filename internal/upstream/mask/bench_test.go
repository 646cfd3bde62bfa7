package mask_test

import (
	"testing"

	"bulk/internal/upstream/mask"
)

// BenchmarkHolds is what each value of an answer costs: one without an escape, as
// nearly all are, and one with.
func BenchmarkHolds(b *testing.B) {
	m := mask.New("a-password-of-some-length", "k3y-0123456789abcdef")
	for name, value := range map[string]string{"short": "active", "a number": "234150000000001", "an activation code": "LPA:1$smdp.example.com$ABCDEF-0123456789-XYZ", "JSON": `{"max_count":5,"reuse_type":"LIMITED"}`, "escaped": "LPA:1$smdp.example.com$A&amp;B%20CDEF-0123456789-XYZ"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if m.Holds(value) {
					b.Fatal(value)
				}
			}
		})
	}
}
