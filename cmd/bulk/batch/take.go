package batch

import (
	"context"
	"errors"
	"os"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs/input"
)

// TakeBoth makes the private copy of an input and, before that, reads the header of the
// file of --current-groups: standard input may be long in coming, and longer to type.
// Both copies are to be released in the end; without such a file groups are nil.
func TakeBoth(ctx context.Context, p *settings.Sources, s *settings.Options, name, dir string, columns map[string]string) (
	c *input.Copy, groups *input.CurrentGroups, current *input.Copy, err error,
) {
	groups, current, err = ReadCurrentGroups(ctx, p, s, dir, columns)
	var unusable *console.Stop
	switch {
	case errors.As(err, &unusable) && name != "-":
		refusals := []*console.Stop{unusable}
		file, missing := openFile("", name, lookAtPath)
		if errors.As(missing, &unusable) {
			refusals = append(refusals, unusable)
		} else {
			_ = file.Close()
		}
		return nil, nil, nil, console.Together(refusals)
	case err != nil:
		return nil, nil, nil, err
	}
	if c, err = Take(ctx, p, name, dir); err != nil {
		if current != nil {
			current.Release()
		}
		return nil, nil, nil, err
	}
	return c, groups, current, nil
}

const lookAtPath = "look at the path; nothing was sent"

// Take makes the private copy of an input; "-" is standard input.
func Take(ctx context.Context, p *settings.Sources, name, dir string) (*input.Copy, error) {
	source := p.Stdin
	if name != "-" {
		file, err := openFile("", name, lookAtPath)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		source = file
	}
	c, err := input.Take(console.Heed(ctx, source), dir)
	if err != nil {
		return nil, console.Refused(err.Error(), "nothing was sent")
	}
	return c, nil
}

// OpenInput opens a copy and checks every row.
func OpenInput(ctx context.Context, c *input.Copy, name string, options input.Options) (*input.File, *input.Survey, error) {
	file, err := input.Open(ctx, c, options)
	if err != nil {
		return nil, nil, unusable(name, err)
	}
	survey, err := file.Scan(ctx)
	if err != nil {
		return nil, nil, unusable(name, err)
	}
	return file, survey, nil
}

// ReadCurrentGroups opens the file of --current-groups, copying it into dir; it is
// to be released in the end. Without one both are nil.
func ReadCurrentGroups(ctx context.Context, p *settings.Sources, s *settings.Options, dir string, columns map[string]string) (*input.CurrentGroups, *input.Copy, error) {
	if s.CurrentIn == "" {
		return nil, nil, nil
	}
	if _, err := os.Stat(s.CurrentIn); err != nil {
		return nil, nil, console.Refused(console.Unread(s.CurrentIn, err), "look at --current-groups; nothing was sent")
	}
	c, err := Take(ctx, p, s.CurrentIn, dir)
	if err != nil {
		return nil, nil, err
	}
	groups, err := input.OpenCurrentGroups(ctx, c, s.CurrentIn, columns)
	if err != nil {
		c.Release()
		return nil, nil, unusable(s.CurrentIn, err)
	}
	return groups, c, nil
}

// unusable says why an input cannot be used.
func unusable(name string, err error) error {
	if name == "-" {
		name = "standard input"
	}
	var r *input.Refusal
	if errors.As(err, &r) {
		if r.File != "" {
			name = r.File
		}
		hints := []string{"nothing was sent"}
		if r.Hint != "" {
			hints = append([]string{r.Hint}, hints...)
		}
		return console.Refused(name+": "+r.Text, hints...)
	}
	return console.Broken(err)
}
