package mask_test

import (
	"fmt"

	"bulk/internal/upstream/mask"
)

func ExampleMask_Words() {
	m := mask.New("p&ssw0rd!")
	fmt.Println(m.Words("login failed for user bob, password p&amp;ssw0rd!"))
	fmt.Println(m.Words("p%26ssw0rd%21 is wrong; code LPA:1$smdp.example.com$ABC-123 unused"))
	// Output:
	// login failed for user bob, password ***
	// *** is wrong; code *** unused
}
