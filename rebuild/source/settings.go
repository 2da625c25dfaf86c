package source

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

// Setting is one that a flake makes for Nix (nixConfig in its flake.nix), as it stands in nix.conf.
type Setting struct{ Name, Value string }

// Words give nix and nix-store the settings of a flake that they do not evaluate themselves.
func Words(settings []Setting) []string {
	var words []string
	for _, s := range settings {
		words = append(words, "--option", s.Name, s.Value)
	}
	return words
}

// Named are the names of settings, in a sentence.
func Named(settings []Setting) string {
	names := make([]string, len(settings))
	for i, s := range settings {
		names[i] = s.Name
	}
	return report.Joined(names, ", ")
}

// Pasted are the settings of a flake that count where a plan is pasted, or what is to be said of them.
func Pasted(r request.Request, set []Setting) (counted []Setting, said []string) {
	switch {
	case len(set) == 0:
		return nil, nil
	case r.Has("--accept-flake-config"):
		return set, nil
	}
	return nil, []string{fmt.Sprintf("the flake sets %s for nix: that counts for the build if you let it, and here with --accept-flake-config", Named(set))}
}

// ownSettings have nothing to do with a build: Nix takes them from any flake unasked (nix:
// src/libexpr/flake/config.cc).
var ownSettings = []string{"bash-prompt", "bash-prompt-prefix", "bash-prompt-suffix", "flake-registry", "commit-lock-file-summary", "commit-lockfile-summary"}

// Settings are what the flake sets for Nix, whether or not the user lets it. dir is the working directory. Nix itself
// is asked, unless the flake is a directory whose flake.nix holds no such word.
func (s Source) Settings(ctx context.Context, r request.Request, dir string) ([]Setting, error) {
	if !s.IsFlake() {
		return nil, nil
	}
	file := s.FlakeFile(dir)
	if text, err := os.ReadFile(file); file != "" && err == nil && !bytes.Contains(text, []byte("nixConfig")) {
		return nil, nil
	}
	if file == "" {
		var err error
		if file, err = fetchedFlake(ctx, s.Flake, r); err != nil {
			return nil, err
		}
	}
	out, err := nixexec.Output(ctx, nixexec.Command{Argv: []string{
		"nix-instantiate", "--eval", "--strict", "--json", "--expr", "(import " + nixexec.NixString(file) + ").nixConfig or { }",
	}})
	if err != nil {
		return nil, fmt.Errorf("reading what flake %q sets for nix: %w", s.Flake, err)
	}
	return readSettings(s.Flake, out)
}

// FlakeFile is the flake.nix of a flake that is a directory here, as it is; empty: of another one.
func (s Source) FlakeFile(dir string) string {
	path := strings.TrimPrefix(strings.TrimPrefix(s.Flake, "git+file:"), "path:")
	if path == "" || strings.ContainsAny(path, "?%") || path[0] != '.' && path[0] != '/' {
		return ""
	}
	path = strings.TrimPrefix(path, "//")
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	for ; ; path = filepath.Dir(path) { // as nix searches
		file := filepath.Join(path, "flake.nix")
		switch {
		case nixexec.Exists(file):
			return file
		case path == "/":
			return ""
		}
	}
}

// fetchedFlake is the flake.nix of any flake, in the store.
func fetchedFlake(ctx context.Context, flake string, r request.Request) (string, error) {
	argv := append(nixexec.NixCommand("flake", "metadata", "--json", flake), r.NixWords(request.ForFlakeEval)...)
	out, err := nixexec.Output(ctx, nixexec.Command{Argv: append(argv, NoLockFile)})
	var told struct {
		Path     string
		Resolved struct{ Dir string }
	}
	if err == nil {
		err = json.Unmarshal(out, &told)
	}
	if err == nil && !filepath.IsAbs(told.Path) {
		err = errors.New("nix names no path")
	}
	if err != nil {
		return "", fmt.Errorf("finding flake %q: %w", flake, err)
	}
	return filepath.Join(told.Path, told.Resolved.Dir, "flake.nix"), nil
}

// readSettings reads the JSON of a nixConfig: texts, numbers, truth values and lists of texts. They are sorted by name.
func readSettings(flake string, out []byte) ([]Setting, error) {
	decoder := json.NewDecoder(bytes.NewReader(out))
	decoder.UseNumber()
	var all map[string]any
	if err := decoder.Decode(&all); err != nil {
		return nil, fmt.Errorf("reading what flake %q sets for nix: %w", flake, err)
	}
	var settings []Setting
	for name, value := range all {
		text := fmt.Sprint(value)
		if list, ok := value.([]any); ok {
			words := make([]string, len(list))
			for i, word := range list {
				words[i] = fmt.Sprint(word)
			}
			text = strings.Join(words, " ")
		}
		if !slices.Contains(ownSettings, name) {
			settings = append(settings, Setting{name, text})
		}
	}
	slices.SortFunc(settings, func(a, b Setting) int { return strings.Compare(a.Name, b.Name) })
	return settings, nil
}

// ignoredSetting is what nix says of a setting of a flake that the user has not let it make, be it by a "no" or because
// there was nobody to ask (nix: src/libexpr/flake/config.cc).
var ignoredSetting = regexp.MustCompile(`ignoring untrusted flake configuration setting '(?:\x1b\[[0-9;]*m)*([^'\x1b]*)`)

// AboutSettings reports whether nix says on a line only that a setting is ignored, or what to do about that.
func AboutSettings(line string) bool {
	return ignoredSetting.MatchString(line) || strings.HasPrefix(line, "Pass '--accept-flake-config' to trust it")
}

// Accepted are the settings of which nix has not said that it ignores them.
func Accepted(all []Setting, said []byte) []Setting {
	return slices.DeleteFunc(slices.Clone(all), func(s Setting) bool {
		for _, ignored := range ignoredSetting.FindAllSubmatch(said, -1) {
			if string(ignored[1]) == s.Name {
				return true
			}
		}
		return false
	})
}
