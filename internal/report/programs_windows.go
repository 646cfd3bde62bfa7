package report

import (
	"slices"
	"unsafe"

	"golang.org/x/sys/windows"
)

// The Restart Manager knows which programs have a file open:
// https://learn.microsoft.com/windows/win32/rstmgr/restart-manager-portal
var (
	restartManager    = windows.NewLazySystemDLL("rstrtmgr.dll")
	rmStartSession    = restartManager.NewProc("RmStartSession")
	rmRegisterFiles   = restartManager.NewProc("RmRegisterResources")
	rmGetList         = restartManager.NewProc("RmGetList")
	rmEndSession      = restartManager.NewProc("RmEndSession")
	restartManagerAll = []*windows.LazyProc{rmStartSession, rmRegisterFiles, rmGetList, rmEndSession}
)

// rmProcess is RM_PROCESS_INFO.
type rmProcess struct {
	pid         uint32
	started     [2]uint32
	application [256]uint16
	service     [64]uint16
	kind        uint32
	status      uint32
	session     uint32
	restartable int32
}

// programsWith names the programs that have a file open; nil where the system
// does not say.
func programsWith(path string) (names []string) {
	for _, procedure := range restartManagerAll {
		if procedure.Find() != nil {
			return nil
		}
	}
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return nil
	}
	var session uint32
	var key [33]uint16 // CCH_RM_SESSION_KEY + 1
	if status, _, _ := rmStartSession.Call(uintptr(unsafe.Pointer(&session)), 0, uintptr(unsafe.Pointer(&key[0]))); status != 0 {
		return nil
	}
	defer rmEndSession.Call(uintptr(session))
	files := []*uint16{name}
	if status, _, _ := rmRegisterFiles.Call(uintptr(session), 1, uintptr(unsafe.Pointer(&files[0])), 0, 0, 0, 0); status != 0 {
		return nil
	}
	var found [8]rmProcess
	var needed, reasons uint32
	given := uint32(len(found))
	status, _, _ := rmGetList.Call(uintptr(session), uintptr(unsafe.Pointer(&needed)), uintptr(unsafe.Pointer(&given)),
		uintptr(unsafe.Pointer(&found[0])), uintptr(unsafe.Pointer(&reasons)))
	if status != 0 {
		return nil
	}
	for _, process := range found[:min(given, uint32(len(found)))] {
		if name := windows.UTF16ToString(process.application[:]); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
