package sshcfg

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// includeHome is what ~ means in an Include, and where a relative Include of a user's file starts (in its .ssh): ssh
// leaves both to glob(3), which asks $HOME first.
func includeHome() string {
	if home := os.Getenv("HOME"); home != "" {
		return home
	}
	return databaseHome()
}

// includeFiles returns the files that one word of an Include line stands for, sorted. A relative one starts in ~/.ssh,
// or in /etc/ssh where the system's file holds the line, never beside that file (ssh_config(5)). None is no error, as
// for ssh. A word with tokens and ${VARIABLES} is a path as it is for OpenSSH before 9.9: it is expanded where no such
// file is there.
func includeFiles(word, home string, system bool) ([]string, error) {
	files, err := matchInclude(word, home, system)
	if err != nil || len(files) > 0 || !includeToken.MatchString(word) {
		return files, err
	}
	if word, err = expandInclude(word); err != nil {
		return nil, err
	}
	return matchInclude(word, home, system)
}

// includeToken is what OpenSSH 9.9 and newer expand in an Include, wherever it stands in a word.
var includeToken = regexp.MustCompile(`\$\{[^}]*\}|%.`)

// hostTokens are the letters of the tokens of an Include that say something of the host that one connects to, which a
// listing of hosts cannot know (TOKENS in ssh_config(5)).
const hostTokens = "Chjknpr"

// expandInclude replaces the variables, and the tokens that say something of this machine.
func expandInclude(word string) (string, error) {
	var failed error
	expanded := includeToken.ReplaceAllStringFunc(word, func(token string) string {
		value, known := includeValue(token)
		switch {
		case known:
		case token[0] == '$':
			failed = fmt.Errorf("%s in %q is not set", token, word)
		case !strings.Contains(hostTokens, token[1:]):
			failed = fmt.Errorf("OpenSSH 9.9 and newer refuse %q in %q", token, word)
		default:
			failed = fmt.Errorf("%q may be another file for each host: the hosts in it are not listed", word)
		}
		return value
	})
	return expanded, failed
}

// includeValue is what a token or variable stands for.
func includeValue(token string) (value string, known bool) {
	if name, ok := strings.CutPrefix(token, "${"); ok {
		return os.LookupEnv(strings.TrimSuffix(name, "}"))
	}
	switch token {
	case "%%":
		return "%", true
	case "%d":
		return databaseHome(), true
	case "%i":
		return strconv.Itoa(os.Getuid()), true
	case "%u":
		u, err := user.Current()
		if err != nil {
			return "", false
		}
		return u.Username, true
	case "%l", "%L":
		name, err := os.Hostname()
		if token == "%L" {
			name, _, _ = strings.Cut(name, ".")
		}
		return name, err == nil
	}
	return "", false
}

// matchInclude returns the files that match a path of an Include.
func matchInclude(word, home string, system bool) ([]string, error) {
	pattern := word
	switch {
	case strings.HasPrefix(word, "~"):
		if system {
			return nil, fmt.Errorf("ssh refuses %q in the system's file", word)
		}
		name, rest, _ := strings.Cut(word[1:], "/")
		if name != "" {
			u, err := user.Lookup(name)
			if err != nil {
				return nil, nil
			}
			home = u.HomeDir
		}
		pattern = filepath.Join(home, rest)
	case filepath.IsAbs(word):
	case system:
		pattern = filepath.Join(systemDir, word)
	default:
		pattern = filepath.Join(home, ".ssh", word)
	}
	// filepath.Glob negates a bracket with ^ only, glob(3) with ! too.
	matches, err := filepath.Glob(strings.ReplaceAll(pattern, "[!", "[^"))
	if err != nil {
		return nil, fmt.Errorf("the pattern %q is broken", word)
	}
	visible := matches[:0]
	for _, match := range matches {
		if !hiddenMatch(pattern, match) {
			visible = append(visible, match)
		}
	}
	return visible, nil
}

// hiddenMatch says whether a match has a part that begins with a dot where the pattern has none: glob(3) leaves such
// files out (an editor's swap file, say), filepath.Glob does not.
func hiddenMatch(pattern, match string) bool {
	want, got := strings.Split(filepath.Clean(pattern), "/"), strings.Split(filepath.Clean(match), "/")
	for i := range min(len(want), len(got)) {
		if strings.HasPrefix(got[i], ".") && !strings.HasPrefix(want[i], ".") && !strings.HasPrefix(want[i], `\.`) {
			return true
		}
	}
	return false
}
