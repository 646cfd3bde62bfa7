package jobs

import (
	"errors"
	"fmt"

	"bulk/internal/jobs/activation"
)

// keepPicture saves the upstream's own QR picture, or one drawn from the
// activation code. It reports whether the row may go on: a picture or a code that
// no phone could use is the row's trouble, a picture that cannot be saved the
// machine's.
func (w *work) keepPicture(a *Answer) bool {
	png, want := a.Picture, ""
	if w.row.Action == QueryQRInfo && a.Data != nil && a.Data.QRCode != "" {
		want = activation.Complete(a.Data.QRCode)
		drawn, err := w.draw(want)
		if err != nil {
			return w.keptOut(err)
		}
		png = drawn
	}
	if png == nil {
		return true
	}
	if err := w.prove(png, want); err != nil {
		return w.keptOut(err)
	}
	name, err := w.Pictures.Save(w.row.Action, w.row.ICCID, png)
	if err != nil {
		return w.keptOut(err)
	}
	w.result.Data.QRFile = name
	return true
}

// draw makes the picture of a code that is an activation code.
func (w *work) draw(code string) ([]byte, error) {
	if _, err := activation.Parse(code); err != nil {
		return nil, invalid(err)
	}
	png, err := w.Pictures.Draw(code)
	if err != nil {
		return nil, unproven{Reason{QRUnreadable, "No picture can be drawn of the activation code."}}
	}
	return png, nil
}

// prove reads a picture as a phone would. What was drawn must hold the code that
// was wanted, byte for byte.
func (w *work) prove(png []byte, want string) error {
	text, err := w.Pictures.Read(png)
	switch {
	case err != nil:
		return unproven{Reason{QRUnreadable, Sentence(err.Error() + ", so it was not saved")}}
	case want != "" && text != want:
		return unproven{Reason{QRUnreadable, "The picture that was drawn says something else than the activation code; it was not saved."}}
	}
	if _, err := activation.Parse(text); err != nil {
		return invalid(err)
	}
	return nil
}

// unproven is why a picture is no sticker.
type unproven struct{ Reason }

func (u unproven) Error() string { return u.Cause() }

func invalid(err error) unproven {
	return unproven{Reason{QRInvalid, "The upstream's activation code is none: " + err.Error() + ". No phone could install the SIM with it, and no picture was saved."}}
}

// keptOut ends the row because of a picture that was not saved.
func (w *work) keptOut(err error) bool {
	if why := (unproven{}); errors.As(err, &why) {
		w.because(Failed, why.Reason)
	} else {
		w.stop(fmt.Errorf("saving the QR picture: %w", err))
	}
	return false
}
