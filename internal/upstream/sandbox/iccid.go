package sandbox

// packed is an ICCID's digits, two to a byte, so that a million of them make a
// small map; a nineteenth digit's neighbour is the filler 0xF.
type packed [10]byte

// pack reads 19 or 20 ASCII digits; it reports false for anything else. Check
// digits are not looked at: neither API says that it does.
func pack(iccid string) (packed, bool) {
	var p packed
	if len(iccid) != 19 && len(iccid) != 20 {
		return p, false
	}
	p[9] = 0xF
	for i := range len(iccid) {
		d := iccid[i] - '0'
		if d > 9 {
			return packed{}, false
		}
		if i%2 == 0 {
			p[i/2] |= d << 4
		} else {
			p[i/2] = p[i/2]&0xF0 | d
		}
	}
	return p, true
}

func (p packed) String() string {
	var text [20]byte
	for i, b := range p {
		text[2*i], text[2*i+1] = '0'+b>>4, '0'+b&0xF
	}
	if p[9]&0xF == 0xF {
		return string(text[:19])
	}
	return string(text[:])
}
