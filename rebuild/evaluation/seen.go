package evaluation

import (
	"encoding/json"
	"path/filepath"
	"slices"

	"nixhop/rebuild/cache"
	"nixhop/rebuild/source"
)

// Seen are the configurations that the flake of a source had when a run asked for them last: good for an offer while
// somebody types, when nothing may be evaluated, and for nothing else. dir is the working directory.
func Seen(s source.Source, dir string, env func(string) string) []string {
	if !s.IsFlake() {
		return nil
	}
	text, _ := cache.Find(env).Get(keyed("seen", placeOf(s, dir)))
	var names []string
	if json.Unmarshal([]byte(text), &names) != nil {
		return nil
	}
	return names
}

// SeenNodes are the nodes that the inventories of a source had when a run asked for them last, for an offer, too.
func SeenNodes(s source.Source, dir string, env func(string) string) []string {
	text, _ := cache.Find(env).Get(keyed("nodes", placeOf(s, dir)))
	var names []string
	if json.Unmarshal([]byte(text), &names) != nil {
		return nil
	}
	return names
}

// SeeNodes keeps the nodes that the inventories of a source have now for SeenNodes, where that has changed.
func SeeNodes(s source.Source, dir string, env func(string) string, names []string) {
	if slices.Equal(names, SeenNodes(s, dir, env)) {
		return
	}
	if text, err := json.Marshal(names); err == nil {
		cache.Find(env).Put(keyed("nodes", placeOf(s, dir)), string(text))
	}
}

// placeOf is where a flake or a file is, from whatever directory it was named.
func placeOf(s source.Source, dir string) string {
	switch {
	case s.Flake == "" && filepath.IsAbs(s.File):
		return filepath.Clean(s.File)
	case s.Flake == "":
		return filepath.Join(dir, s.File)
	case s.Found != "":
		return s.Found
	case s.Flake[0] == '.':
		return filepath.Join(dir, s.Flake)
	case filepath.IsAbs(s.Flake):
		return filepath.Clean(s.Flake)
	}
	return s.Flake
}

// see keeps what a flake has now for Seen, where that has changed.
func see(s source.Source, dir string, env func(string) string, names []string) {
	if slices.Equal(names, Seen(s, dir, env)) {
		return
	}
	if text, err := json.Marshal(names); err == nil {
		cache.Find(env).Put(keyed("seen", placeOf(s, dir)), string(text))
	}
}
