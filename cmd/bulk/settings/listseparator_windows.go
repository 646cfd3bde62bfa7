package settings

import "golang.org/x/sys/windows/registry"

// systemSeparator is the list separator of the person's regional settings.
func systemSeparator() (rune, bool) {
	key, err := registry.OpenKey(registry.CURRENT_USER, `Control Panel\International`, registry.QUERY_VALUE)
	if err != nil {
		return 0, false
	}
	defer key.Close()
	said, _, err := key.GetStringValue("sList")
	if runes := []rune(said); err == nil && len(runes) == 1 {
		return runes[0], true
	}
	return 0, false
}
