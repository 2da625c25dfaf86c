package export

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"

	"nixhop/sshcfg"
)

// asks is how many names ssh is asked for at a time.
const asks = 4

// otherName stands for every host that the ssh config does not name.
const otherName = "a-host-of-no-name"

// compare asks ssh for what each host means, under the config at path and under text in its place, and says what is not
// the same: a sentence for each host, and each alias whose hints differ. The error is that of the config as it was.
func compare(ctx context.Context, path, text string) (differs []string, err error) {
	dir, err := os.MkdirTemp("", "nixhop-export-")
	if err != nil {
		return nil, fmt.Errorf("making a place to compare: %w", err)
	}
	defer os.RemoveAll(dir)
	made := filepath.Join(dir, "config")
	if err := os.WriteFile(made, []byte(text), 0o600); err != nil {
		return nil, fmt.Errorf("writing what is compared: %w", err)
	}
	before, after := sshcfg.List([]string{path}), sshcfg.List([]string{made})
	for _, a := range before.Aliases {
		b, listed := after.Find(a.Name)
		switch {
		case !listed:
			differs = append(differs, fmt.Sprintf("%s: no Host line names it any more", a.Name))
		case !reflect.DeepEqual(a.Hints, b.Hints), !slices.Equal(a.Tags, b.Tags):
			differs = append(differs, fmt.Sprintf("%s: its hints or tags are not the same", a.Name))
		}
	}
	names := append(before.Names(), otherName)
	for _, p := range before.Patterns {
		names = append(names, strings.NewReplacer("*", "any", "?", "x").Replace(p))
	}
	said := make([]string, len(names))
	failed := make([]error, len(names))
	turn := make(chan struct{}, asks)
	var wait sync.WaitGroup
	for i, name := range names {
		wait.Go(func() {
			turn <- struct{}{}
			defer func() { <-turn }()
			said[i], failed[i] = difference(ctx, name, path, made)
		})
	}
	wait.Wait()
	for i := range names {
		if failed[i] != nil {
			return nil, failed[i]
		}
		if said[i] != "" {
			differs = append(differs, said[i])
		}
	}
	return differs, nil
}

// difference is what `ssh -G` says otherwise of a host under the config made than under that at path.
func difference(ctx context.Context, name, path, made string) (string, error) {
	before, err := sshcfg.Answers(ctx, name, path)
	if err != nil {
		return "", &hostError{name, err}
	}
	after, err := sshcfg.Answers(ctx, name, made)
	if err != nil {
		return fmt.Sprintf("%s: ssh does not take what is printed: %v", name, err), nil
	}
	var keywords []string
	for _, keyword := range slices.Sorted(maps.Keys(before)) {
		if !slices.Equal(before[keyword], after[keyword]) {
			keywords = append(keywords, keyword)
		}
	}
	for _, keyword := range slices.Sorted(maps.Keys(after)) {
		if before[keyword] == nil {
			keywords = append(keywords, keyword)
		}
	}
	if len(keywords) == 0 {
		return "", nil
	}
	return fmt.Sprintf("%s: not the same for ssh: %s", name, strings.Join(keywords, ", ")), nil
}
