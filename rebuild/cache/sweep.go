package cache

import (
	"os"
	"slices"
	"strings"
	"time"
)

// halfMark begins the name of a file that is being written.
const halfMark = "new-"

// halfAge is how old such a file is whose writer is surely gone.
const halfAge = time.Hour

// file is one of the directory.
type file struct {
	name string
	used time.Time
}

// sweep lets go what there is too much of.
func sweep(dir *os.Root) {
	top, err := dir.Open(".")
	if err != nil {
		return
	}
	defer top.Close()
	entries, _ := top.ReadDir(-1)
	var files []file
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			files = append(files, file{e.Name(), info.ModTime()})
		}
	}
	for _, name := range superfluous(files, time.Now(), mostKept) {
		_ = dir.Remove(name)
	}
}

// superfluous are the names of the files that go: what was left half written, and the oldest of the rest, but for so
// many. What does not look like one of the cache stays.
func superfluous(files []file, now time.Time, most int) []string {
	var names []string
	var kept []file
	for _, f := range files {
		switch {
		case strings.HasPrefix(f.name, halfMark):
			if now.Sub(f.used) > halfAge {
				names = append(names, f.name)
			}
		case len(f.name) == len(name("")):
			kept = append(kept, f)
		}
	}
	slices.SortFunc(kept, func(a, b file) int { return a.used.Compare(b.used) })
	for _, f := range kept[:max(len(kept)-most, 0)] {
		names = append(names, f.name)
	}
	return names
}
