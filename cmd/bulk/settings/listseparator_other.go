//go:build !windows

package settings

func systemSeparator() (rune, bool) { return 0, false }
