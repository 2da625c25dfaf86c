// Package sshcfg knows which hosts there are and how ssh reaches them: it lists the aliases of the ssh config, asks
// `ssh -G` what one means, and reads from ssh's log why a connection failed. What an alias means is never worked out here.
package sshcfg

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"path/filepath"
	"strings"
)

// systemDir is where OpenSSH keeps its system-wide files (SSHDIR in its pathnames.h).
const systemDir = "/etc/ssh"

// sizeLimit bounds what is read of one config file, in bytes. A real one has a few kilobytes.
const sizeLimit = 1 << 20

// Files returns the ssh config files that ssh reads: the one given with --ssh-config, and then no other, as with ssh -F;
// none at all for "none", ssh's own word for that; else ~/.ssh/config and /etc/ssh/ssh_config, in the order in which ssh
// reads them. The home directory is that of the user database: OpenSSH does not ask $HOME for this one (ssh.c, getpwuid).
func Files(explicit string) []string {
	switch strings.ToLower(explicit) {
	case "":
	case "none":
		return nil
	default:
		return []string{explicit}
	}
	system := filepath.Join(systemDir, "ssh_config")
	home := databaseHome()
	if home == "" {
		return []string{system}
	}
	return []string{filepath.Join(home, ".ssh", "config"), system}
}

// databaseHome is the home directory in the user database; empty where the user is not in it.
func databaseHome() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.HomeDir
}

// includeHome is what ~ means in an Include, and where a relative Include of a user's file starts (in its .ssh): ssh leaves
// both to glob(3), which asks $HOME first.
func includeHome() string {
	if home := os.Getenv("HOME"); home != "" {
		return home
	}
	return databaseHome()
}

// readConfig reads a config file. A directory reads as empty, as ssh reads it; a pipe is not opened, for ssh has to read it too.
func readConfig(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	switch {
	case info.IsDir():
		return "", nil
	case !info.Mode().IsRegular() && info.Mode()&os.ModeCharDevice == 0:
		return "", errors.New("not a file")
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, sizeLimit+1))
	if err != nil {
		return "", err
	}
	if len(text) > sizeLimit {
		return "", fmt.Errorf("larger than %d bytes", sizeLimit)
	}
	return string(text), nil
}

// includeFiles returns the files that one word of an Include line stands for, sorted. A relative one starts in ~/.ssh, or
// in /etc/ssh where the system's file holds the line, never beside that file (ssh_config(5)). None is no error, as for ssh.
func includeFiles(word, home string, system bool) ([]string, error) {
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

// hiddenMatch says whether a match has a part that begins with a dot where the pattern has none: glob(3) leaves such files
// out (an editor's swap file, say), filepath.Glob does not.
func hiddenMatch(pattern, match string) bool {
	want, got := strings.Split(filepath.Clean(pattern), "/"), strings.Split(match, "/")
	for i := range min(len(want), len(got)) {
		if strings.HasPrefix(got[i], ".") && !strings.HasPrefix(want[i], ".") && !strings.HasPrefix(want[i], `\.`) {
			return true
		}
	}
	return false
}
