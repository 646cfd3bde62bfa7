package report

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"sync"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

const (
	widest = 4096    // pixels; a QR code needs some hundreds
	large  = 1 << 20 // pixels; such pictures are read one at a time
)

// largeOnes keeps a burst of vast pictures from taking all the memory.
var largeOnes sync.Mutex

// errNoCode is of a picture in which no QR code can be read.
var errNoCode = errors.New("no QR code can be read in the picture")

// Read takes the text out of a PNG of a QR code, as a phone would. Its errors
// hold nothing of the text.
func Read(picture []byte) (string, error) {
	config, err := png.DecodeConfig(bytes.NewReader(picture))
	if err != nil {
		return "", errors.New("the picture is no PNG")
	}
	if config.Width > widest || config.Height > widest {
		return "", fmt.Errorf("the picture is larger than %d by %d pixels", widest, widest)
	}
	if config.Width*config.Height > large {
		largeOnes.Lock()
		defer largeOnes.Unlock()
	}
	img, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		return "", errors.New("the picture is broken")
	}
	return readImage(img)
}

// attempts are the ways in which a picture is looked at, the likeliest first. The
// search for a code in a photograph misplaces about one in two hundred drawn ones
// by a pixel; a straight look fails where something stands beside the code.
var attempts = []struct {
	straight bool
	binarize func(gozxing.LuminanceSource) gozxing.Binarizer
}{
	{true, gozxing.NewHybridBinarizer}, {false, gozxing.NewHybridBinarizer},
	{true, gozxing.NewGlobalHistgramBinarizer}, {false, gozxing.NewGlobalHistgramBinarizer},
}

func readImage(img image.Image) (text string, err error) {
	defer func() {
		if recover() != nil { // the library's arithmetic is not proof against every picture
			text, err = "", errNoCode
		}
	}()
	source := gozxing.NewLuminanceSourceFromImage(img)
	for _, a := range attempts {
		bitmap, err := gozxing.NewBinaryBitmap(a.binarize(source))
		if err != nil {
			return "", errNoCode
		}
		hints := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true}
		if a.straight {
			hints = map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_PURE_BARCODE: true}
		}
		if result, err := qrcode.NewQRCodeReader().Decode(bitmap, hints); err == nil {
			return result.GetText(), nil
		}
	}
	return "", errNoCode
}
