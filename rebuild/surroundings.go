package rebuild

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"
)

// hostName is this machine's own name, or empty.
func (s *Session) hostName() string {
	name, _ := os.Hostname()
	return name
}

// localElevate stands in front of what needs root on this machine.
func (s *Session) localElevate(r Request) []string {
	if os.Geteuid() == 0 {
		return nil
	}
	return localElevation(r.ways(), installed)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func realpath(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

// longestTmpDir is how long TMPDIR may be: nixos-rebuild adds "/nixos-rebuild.XXXXXXXX/ssh-" and a hash of 40 characters, ssh 17 more,
// and a socket's path ends at 104 bytes on macOS (nixpkgs#168322, #495484).
const longestTmpDir = 20

// shortTmpDir is the TMPDIR for nix and nixos-rebuild: /tmp where the user's own is too long for their sockets, else empty.
func shortTmpDir(tmpDir string) string {
	if len(tmpDir) > longestTmpDir {
		return "/tmp"
	}
	return ""
}

// printable drops what could change a terminal's state from a text that came from elsewhere: control characters, invalid
// UTF-8, and the marks that turn the direction of writing.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
}

// quoted is a value in an error text.
func quoted(s string) string { return strconv.Quote(printable(s)) }
