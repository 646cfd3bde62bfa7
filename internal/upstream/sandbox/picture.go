package sandbox

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"sync"

	"github.com/boombuler/barcode/qr"
)

const (
	quietZone  = 4 // modules, as ISO/IEC 18004 asks for; the library draws none
	moduleSize = 4 // pixels
	keptMost   = 8192
)

// pictures draws QR codes and keeps the last few thousand, for drawing takes a
// few milliseconds.
type pictures struct {
	mu   sync.Mutex
	kept map[string][]byte
}

// of is the PNG of an LPA string; it fails where that is too long for a QR code.
func (p *pictures) of(lpa string) ([]byte, error) {
	p.mu.Lock()
	drawn, ok := p.kept[lpa]
	p.mu.Unlock()
	if ok {
		return drawn, nil
	}
	drawn, err := draw(lpa)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kept == nil || len(p.kept) == keptMost {
		p.kept = map[string][]byte{}
	}
	p.kept[lpa] = drawn
	return drawn, nil
}

func draw(lpa string) ([]byte, error) {
	code, err := qr.Encode(lpa, qr.M, qr.Auto)
	if err != nil {
		return nil, fmt.Errorf("drawing a QR code: %w", err)
	}
	n := code.Bounds().Dx()
	size := (n + 2*quietZone) * moduleSize
	picture := image.NewPaletted(image.Rect(0, 0, size, size), color.Palette{color.White, color.Black})
	for y := range n {
		for x := range n {
			if code.At(x, y) == color.Black {
				blacken(picture, x+quietZone, y+quietZone)
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		return nil, fmt.Errorf("drawing a QR code: %w", err)
	}
	return b.Bytes(), nil
}

// greyPicture is a whole PNG that holds no code.
func greyPicture() []byte {
	picture := image.NewGray(image.Rect(0, 0, 4, 4))
	for i := range picture.Pix {
		picture.Pix[i] = 128
	}
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		panic(err) // nothing can fail in memory
	}
	return out.Bytes()
}

// blacken fills in one module.
func blacken(picture *image.Paletted, x, y int) {
	for row := range moduleSize {
		at := picture.PixOffset(x*moduleSize, y*moduleSize+row)
		for i := range moduleSize {
			picture.Pix[at+i] = 1
		}
	}
}
