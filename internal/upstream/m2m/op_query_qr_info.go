package m2m

import (
	"errors"

	"bulk/internal/jobs"
	"bulk/internal/upstream"
	"bulk/internal/upstream/words"
)

var queryQRInfo = operation{
	name: "query_qr_info", read: readQRInfo,
	failures: map[words.Meaning]reason{
		words.SIM: {jobs.Refused, jobs.NotFound, upstream.NoTrouble, "The upstream knows no such SIM, or the SIM has no QR code."},
	},
}

// readQRInfo passes on what it finds; no value makes a row fail.
func readQRInfo(a *answer, d *jobs.Data) error {
	if err := errors.Join(once("qr_code", a.qrCode), once("qr_status", a.qrStatus)); err != nil {
		return err
	}
	if a.qrCode.text == "" && a.qrStatus.text == "" {
		return errors.New("it has neither qr_code nor qr_status")
	}
	d.QRCode = a.qrCode.text
	d.QRStatus = number(a.qrStatus.text)
	return nil
}
