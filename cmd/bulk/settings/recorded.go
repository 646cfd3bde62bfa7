package settings

import (
	"fmt"
	"reflect"
	"strings"

	"bulk/cmd/bulk/console"
)

// Flags are the settings as flags, as they would be given.
func (r RowSettings) Flags() []string {
	var all []string
	for name, value := range r.each() {
		all = append(all, flagWith(name, value)...)
	}
	return all
}

// Differences says, for each setting that is another than it was, what it was and
// what it is.
func (r RowSettings) Differences(now RowSettings) (all []string) {
	is := map[string]string{}
	for name, value := range now.each() {
		is[name] = strings.Join(flagWith(name, value), " ")
	}
	for name, value := range r.each() {
		was := strings.Join(flagWith(name, value), " ")
		switch {
		case was == is[name]:
		case was == "":
			all = append(all, fmt.Sprintf("%s now, without it then", is[name]))
		case is[name] == "":
			all = append(all, fmt.Sprintf("%s then, without it now", was))
		default:
			all = append(all, fmt.Sprintf("%s then, %s now", was, is[name]))
		}
	}
	return all
}

// each yields the settings by the names of their flags.
func (r RowSettings) each() func(func(string, any) bool) {
	return func(yield func(string, any) bool) {
		v := reflect.ValueOf(r)
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			switch name {
			case "columns":
				name = "column"
			case "catalog": // not as it was given
				continue
			}
			if !yield(strings.ReplaceAll(name, "_", "-"), v.Field(i).Interface()) {
				return
			}
		}
	}
}

// flagWith is a flag with its value; none where it has none.
func flagWith(name string, value any) []string {
	switch v := value.(type) {
	case string:
		if v != "" && !(name == "iccid-check" && v == "auto") {
			return []string{"--" + name + " " + console.Shell(v)}
		}
	case bool:
		if v {
			return []string{"--" + name}
		}
	case int:
		if v != 0 {
			return []string{fmt.Sprintf("--%s %d", name, v)}
		}
	case []string:
		var all []string
		for _, one := range v {
			all = append(all, "--"+name+" "+console.Shell(one))
		}
		return all
	}
	return nil
}

// InWords are recorded settings as flags; as they were recorded where they cannot be
// read.
func InWords(record string) string {
	r, err := readRecord(record)
	if err != nil {
		return record
	}
	return strings.Join(r.Flags(), " ")
}

// HowOther says how settings differ from those that were recorded.
func HowOther(record, now string) string {
	was, err := readRecord(record)
	is, nowErr := readRecord(now)
	if err != nil || nowErr != nil {
		return record
	}
	return strings.Join(was.Differences(is), "; ")
}
