package sqlite

import (
	"fmt"
	"os"
	"syscall"
)

// hardLinks is how many names a file has.
func hardLinks(path string) (int, error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	info, err := informationOf(file)
	return int(info.NumberOfLinks), err
}

// inodeOf is a file's number in its file system.
func inodeOf(file *os.File) (string, error) {
	info, err := informationOf(file)
	return fmt.Sprint(uint64(info.FileIndexHigh)<<32 + uint64(info.FileIndexLow)), err
}

func informationOf(file *os.File) (info syscall.ByHandleFileInformation, err error) {
	err = syscall.GetFileInformationByHandle(syscall.Handle(file.Fd()), &info)
	return info, err
}
