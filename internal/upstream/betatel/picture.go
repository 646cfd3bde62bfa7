package betatel

import (
	"bytes"
	"errors"
	"image/png"
	"sync"
)

const (
	maxSide = 4096    // pixels; a QR code needs some hundreds
	large   = 1 << 20 // pixels; such pictures are decoded one at a time
)

// largeOnes keeps a burst of vast pictures from taking all the memory: decoded,
// the largest one allowed takes 128 MiB.
var largeOnes sync.Mutex

// checkPicture decodes a PNG to its end, so that a broken one is never saved.
func checkPicture(body []byte) error {
	if !bytes.HasPrefix(body, []byte("\x89PNG\r\n\x1a\n")) {
		return errors.New("it is not a PNG picture")
	}
	config, err := png.DecodeConfig(bytes.NewReader(body))
	if err != nil {
		return errors.New("its picture is broken")
	}
	if config.Width > maxSide || config.Height > maxSide {
		return errors.New("its picture is larger than 4096 by 4096 pixels")
	}
	if config.Width*config.Height > large {
		largeOnes.Lock()
		defer largeOnes.Unlock()
	}
	if _, err := png.Decode(bytes.NewReader(body)); err != nil {
		return errors.New("its picture is broken")
	}
	return nil
}
