package report

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/report/human"
)

func TestPicturesSave(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "fleet.results-qr")
	pictures := &Pictures{Dir: dir}
	require.NoDirExists(t, dir, "made when first needed")

	file, err := pictures.Save(jobs.GetQRCode, "8944100000000000001", []byte("first"))
	require.NoError(t, err)
	require.Equal(t, filepath.Join(dir, "8944100000000000001.png"), file)
	require.Equal(t, "first", content(t, file))
	for path, mode := range map[string]os.FileMode{dir: 0o700, file: 0o600} {
		requireMode(t, mode, path)
	}
	_, err = pictures.Save(jobs.GetQRCode, "8944100000000000001", []byte("second"))
	require.NoError(t, err)
	require.Equal(t, "second", content(t, file))
	require.Equal(t, []string{"8944100000000000001.png"}, names(t, dir))

	file, err = pictures.Save(jobs.QueryQRInfo, "8944100000000000001", []byte("drawn"))
	require.NoError(t, err)
	require.Equal(t, filepath.Join(dir, "8944100000000000001.m2m.png"), file)
	require.Equal(t, []string{"8944100000000000001.m2m.png", "8944100000000000001.png"}, names(t, dir), "neither replaces the other")
	require.Equal(t, "second", content(t, filepath.Join(dir, "8944100000000000001.png")))
}

func TestPicturesSaveByMany(t *testing.T) {
	pictures := &Pictures{Dir: filepath.Join(t.TempDir(), "qr")}
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			if _, err := pictures.Save(jobs.GetQRCode, jobs.ICCID("894410000000000000"+string(rune('0'+i%10))), []byte("png")); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	require.Len(t, names(t, pictures.Dir), 10)
}

func TestPicturesRefuse(t *testing.T) {
	base := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(base, "file"), nil, 0o600))
	tests := map[string]struct {
		dir   string
		iccid jobs.ICCID
		png   string
		says  string
	}{
		"a path for an iccid": {"qr", "../../etc/passwd", "png", "the iccid is not 19 or 20 digits"},
		"too short":           {"qr", "894410000000000000", "png", "the iccid is not 19 or 20 digits"},
		"other digits":        {"qr", "８９４４１０００００００００００００１", "png", "the iccid is not 19 or 20 digits"},
		"with a line break":   {"qr", "8944100000000000001\n", "png", "the iccid is not 19 or 20 digits"},
		"an empty picture":    {"qr", "8944100000000000001", "", "it is empty"},
		"no room for folders": {"file/qr", "8944100000000000001", "png", "making the folder of QR pictures"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			pictures := &Pictures{Dir: filepath.Join(base, test.dir)}
			_, err := pictures.Save(jobs.GetQRCode, test.iccid, []byte(test.png))
			require.ErrorContains(t, err, test.says)
			require.Equal(t, []string{"file"}, names(t, base))
		})
	}
}

func TestPicturesSweep(t *testing.T) {
	dir := t.TempDir()
	leaveBehind(t, dir, ".8944100000000000001.png.1-5.tmp", ".8944100000000000001.m2m.png.1-6.tmp", ".notes.txt.1-5.tmp")
	pictures := &Pictures{Dir: dir}
	_, err := pictures.Save(jobs.GetQRCode, "8944100000000000002", []byte("png"))
	require.NoError(t, err)
	require.Equal(t, []string{".notes.txt.1-5.tmp", "8944100000000000002.png"}, names(t, dir))
}

// read takes the text out of a picture of a QR code. It is told that the
// picture is straight: the search for a code in a photograph, which gozxing
// does otherwise, misplaces about one in two hundred flawless ones by a pixel.
func read(t testing.TB, picture []byte) (string, image.Image) {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(picture))
	require.NoError(t, err)
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	require.NoError(t, err)
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{
		gozxing.DecodeHintType_PURE_BARCODE: true,
	})
	require.NoError(t, err)
	return result.GetText(), img
}

func TestDraw(t *testing.T) {
	for name, lpa := range map[string]string{
		"as documented":      "LPA:1$smdp.example.com$K2-1A2B3C-4D5E6F",
		"capitals alone":     "LPA:1$SMDP.EXAMPLE.COM$K2-1A2B3C",
		"with an OID":        "LPA:1$rsp.example.com$04386-AGYFT-A74Y8-3F815$1.3.6.1.4.1.31746$1",
		"without the prefix": "smdp.example.com$K2-1A2B3C",
		"digits":             "1234567890",
		"long":               "LPA:1$" + strings.Repeat("a", 200) + ".example$" + strings.Repeat("Z9", 100),
		"beyond ASCII":       "LPA:1$smdp.exämple.com$K2",
	} {
		t.Run(name, func(t *testing.T) {
			picture, err := Draw(lpa)
			require.NoError(t, err)
			got, img := read(t, picture)
			require.Equal(t, lpa, got)
			side := img.Bounds().Dx()
			require.Equal(t, side, img.Bounds().Dy())
			require.Zero(t, side%modulePixels)
			for i := range side {
				for edge := range quietModules * modulePixels {
					r, _, _, _ := img.At(i, edge).RGBA()
					l, _, _, _ := img.At(edge, i).RGBA()
					require.Equal(t, []uint32{0xffff, 0xffff}, []uint32{r, l}, "the quiet zone is empty")
				}
			}
			r, _, _, _ := img.At(quietModules*modulePixels, quietModules*modulePixels).RGBA()
			require.Zero(t, r, "the finder pattern begins right after it")
		})
	}
}

func TestDrawRefuses(t *testing.T) {
	_, err := Draw("")
	require.ErrorContains(t, err, "no activation code")
	secret := strings.Repeat("LPA:1$secret", 400)
	_, err = Draw(secret)
	require.EqualError(t, err, "drawing a QR code: the activation code of 4800 bytes does not fit")
}

func FuzzDraw(f *testing.F) {
	f.Add("LPA:1$smdp.example.com$K2-1A2B3C")
	f.Add("0")
	f.Add("+0")
	f.Fuzz(func(t *testing.T, lpa string) {
		if lpa == "" || len(lpa) > 300 || !human.Plain(lpa) {
			return
		}
		picture, err := Draw(lpa)
		require.NoError(t, err)
		got, _ := read(t, picture)
		require.Equal(t, lpa, got)
	})
}

func BenchmarkPicturesSave(b *testing.B) {
	pictures := &Pictures{Dir: b.TempDir()}
	picture, err := Draw("LPA:1$smdp.example.com$K2-1A2B3C-4D5E6F")
	require.NoError(b, err)
	for b.Loop() {
		if _, err := pictures.Save(jobs.GetQRCode, "8944100000000000001", picture); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDraw(b *testing.B) {
	for b.Loop() {
		if _, err := Draw("LPA:1$smdp.example.com$K2-1A2B3C-4D5E6F"); err != nil {
			b.Fatal(err)
		}
	}
}
