package report

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"
)

const (
	quietModules = 4 // the empty margin readers need (ISO/IEC 18004)
	modulePixels = 8
)

// Draw makes a PNG of the QR code of an activation code, error correction M, eight
// pixels a module. The code is a secret of the SIM and is in no error.
func Draw(text string) ([]byte, error) {
	if text == "" {
		return nil, errors.New("drawing a QR code: there is no activation code")
	}
	// Not qr.Auto: the library takes "+0" for a number and draws "00".
	code, err := qr.Encode(text, qr.M, qr.AlphaNumeric)
	if err != nil {
		code, err = qr.Encode(text, qr.M, qr.Unicode)
	}
	if err != nil { // its text may hold the code
		return nil, fmt.Errorf("drawing a QR code: the activation code of %d bytes does not fit", len(text))
	}
	var out bytes.Buffer
	if err := png.Encode(&out, pixels(code)); err != nil {
		return nil, fmt.Errorf("drawing a QR code: %w", err)
	}
	return out.Bytes(), nil
}

// pixels enlarges the code and puts the quiet zone around it.
func pixels(code barcode.Barcode) image.Image {
	modules := code.Bounds().Dx()
	side := (modules + 2*quietModules) * modulePixels
	picture := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
	for y := range modules {
		for x := range modules {
			if code.At(x, y) != color.Black {
				continue
			}
			left, top := (x+quietModules)*modulePixels, (y+quietModules)*modulePixels
			for i := range modulePixels * modulePixels {
				picture.SetColorIndex(left+i%modulePixels, top+i/modulePixels, 1)
			}
		}
	}
	return picture
}
