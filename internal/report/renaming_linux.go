package report

import (
	"errors"

	"golang.org/x/sys/unix"
)

// unchangeable is about a file that is a mount of its own, as one that was
// mounted into a container is, and one that has been made unchangeable.
func unchangeable(path string) error {
	var stat unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, path, unix.AT_SYMLINK_NOFOLLOW, unix.STATX_BASIC_STATS, &stat); err != nil {
		return nil // an old kernel cannot tell
	}
	switch has := stat.Attributes & stat.Attributes_mask; {
	case has&unix.STATX_ATTR_MOUNT_ROOT != 0:
		return errors.New("a file that is mounted by itself cannot be replaced; mount its folder")
	case has&(unix.STATX_ATTR_IMMUTABLE|unix.STATX_ATTR_APPEND) != 0:
		return errors.New("it may not be changed (chattr)")
	}
	return nil
}
