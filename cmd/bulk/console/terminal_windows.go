package console

import "os"

// terminalNames are what to open to read from the console, and to write to it.
// Its modes can be set by those alone who may do both.
var terminalNames = []terminalName{{"CONIN$", os.O_RDWR}, {"CONOUT$", os.O_RDWR}}

type terminalName struct {
	name string
	flag int
}
