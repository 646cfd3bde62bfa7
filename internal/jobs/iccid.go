package jobs

// ICCID is a cleaned SIM serial number: 19 or 20 ASCII digits, always text.
type ICCID string
