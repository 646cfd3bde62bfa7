package report

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const someCode = "LPA:1$smdp.example.com$K2-1A2B3C-4D5E6F"

// picture makes a PNG of what is drawn on a canvas of this size.
func picture(t testing.TB, width, height int, on func(draw.Image)) []byte {
	t.Helper()
	canvas := image.NewNRGBA(image.Rect(0, 0, width, height))
	on(canvas)
	var out bytes.Buffer
	require.NoError(t, png.Encode(&out, canvas))
	return out.Bytes()
}

func fill(c color.Color) func(draw.Image) {
	return func(canvas draw.Image) {
		draw.Draw(canvas, canvas.Bounds(), image.NewUniform(c), image.Point{}, draw.Src)
	}
}

// place draws the code, one pixel of it being scale pixels wide.
func place(t testing.TB, canvas draw.Image, at image.Point, scale int, of func(dark bool) color.Color) {
	t.Helper()
	drawn, err := Draw(someCode)
	require.NoError(t, err)
	code, err := png.Decode(bytes.NewReader(drawn))
	require.NoError(t, err)
	side := code.Bounds().Dx() / modulePixels * scale
	for y := range side {
		for x := range side {
			r, _, _, _ := code.At(x*modulePixels/scale, y*modulePixels/scale).RGBA()
			canvas.Set(at.X+x, at.Y+y, of(r == 0))
		}
	}
}

func inks(dark, light color.Color) func(bool) color.Color {
	return func(isDark bool) color.Color {
		if isDark {
			return dark
		}
		return light
	}
}

func TestRead(t *testing.T) {
	plain := inks(color.Black, color.White)
	for name, made := range map[string][]byte{
		"small modules": picture(t, 200, 200, func(c draw.Image) { fill(color.White)(c); place(t, c, image.Pt(20, 20), 2, plain) }),
		"beside a logo": picture(t, 500, 420, func(c draw.Image) {
			fill(color.White)(c)
			place(t, c, image.Pt(30, 60), 7, plain)
			fill(color.NRGBA{200, 30, 30, 255})(c.(*image.NRGBA).SubImage(image.Rect(360, 0, 500, 40)).(draw.Image))
		}),
		"in colours": picture(t, 400, 400, func(c draw.Image) {
			fill(color.NRGBA{250, 240, 220, 255})(c)
			place(t, c, image.Pt(20, 20), 8, inks(color.NRGBA{20, 30, 90, 255}, color.NRGBA{250, 240, 220, 255}))
		}),
		"on no background":  picture(t, 400, 400, func(c draw.Image) { place(t, c, image.Pt(20, 20), 8, inks(color.Black, color.Transparent)) }),
		"on a large canvas": picture(t, 1200, 1200, func(c draw.Image) { fill(color.White)(c); place(t, c, image.Pt(400, 300), 10, plain) }),
	} {
		t.Run(name, func(t *testing.T) {
			text, err := Read(made)
			require.NoError(t, err)
			require.Equal(t, someCode, text)
		})
	}
}

func TestReadRefuses(t *testing.T) {
	drawn, err := Draw(someCode)
	require.NoError(t, err)
	img, err := png.Decode(bytes.NewReader(drawn))
	require.NoError(t, err)
	half := image.NewNRGBA(img.Bounds())
	draw.Draw(half, half.Bounds(), img, image.Point{}, draw.Src)
	draw.Draw(half, image.Rect(0, 0, half.Rect.Dx(), half.Rect.Dy()/2), image.White, image.Point{}, draw.Src)
	for name, test := range map[string]struct {
		picture []byte
		says    string
	}{
		"nothing":            {nil, "no PNG"},
		"text":               {[]byte("n/a"), "no PNG"},
		"four grey pixels":   {picture(t, 4, 4, fill(color.Gray{128})), "no QR code"},
		"one pixel":          {picture(t, 1, 1, fill(color.Black)), "no QR code"},
		"a white page":       {picture(t, 400, 400, fill(color.White)), "no QR code"},
		"a black page":       {picture(t, 400, 400, fill(color.Black)), "no QR code"},
		"half a code":        {picture(t, half.Rect.Dx(), half.Rect.Dy(), func(c draw.Image) { draw.Draw(c, c.Bounds(), half, image.Point{}, draw.Src) }), "no QR code"},
		"a broken PNG":       {drawn[:len(drawn)/2], "broken"},
		"wider than allowed": {picture(t, widest+1, 1, fill(color.White)), "larger than 4096 by 4096"},
	} {
		t.Run(name, func(t *testing.T) {
			text, err := Read(test.picture)
			require.ErrorContains(t, err, test.says)
			require.Empty(t, text)
			require.NotContains(t, err.Error(), "smdp")
		})
	}
}

// Whatever is drawn is read as it was, and whatever a picture holds breaks nothing.
func FuzzRead(f *testing.F) {
	drawn, err := Draw(someCode)
	require.NoError(f, err)
	f.Add(drawn)
	f.Add(picture(f, 4, 4, fill(color.Gray{128})))
	f.Fuzz(func(t *testing.T, given []byte) {
		if config, err := png.DecodeConfig(bytes.NewReader(given)); err == nil && config.Width*config.Height > 1<<18 {
			return // it takes long
		}
		if text, err := Read(given); err != nil {
			require.Empty(t, strings.TrimSpace(text))
		}
	})
}

func BenchmarkRead(b *testing.B) {
	drawn, err := Draw(someCode)
	require.NoError(b, err)
	for b.Loop() {
		if _, err := Read(drawn); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadUnreadable(b *testing.B) {
	blank := picture(b, 400, 400, fill(color.White))
	for b.Loop() {
		if _, err := Read(blank); err == nil {
			b.Fatal("read")
		}
	}
}
