package ssh

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
)

// socketDirLimit is the longest name of a socket directory, in bytes. With "/" and the 40 digits of %C the
// socket's name takes 80; ssh binds to that plus 17 random characters, which must stay below the 104 bytes
// that macOS allows, 108 on Linux (NixOS/nixpkgs#168322, NixOS/nixpkgs#495484).
const socketDirLimit = 39

// plainPath matches paths that ssh (%, ~, ${}), NIX_SSHOPTS (white space, quotes) and a shell leave alone.
var plainPath = regexp.MustCompile(`^/[A-Za-z0-9/._-]*$`)

// PlainPath reports whether a path is the same to all who get it to read: ssh, which puts its -F into the command line
// of a shell for a ProxyJump and expands % there, NIX_SSHOPTS, and a shell.
func PlainPath(path string) bool { return plainPath.MatchString(path) }

// SocketDirName returns a name for a fresh socket directory and creates nothing: in $XDG_RUNTIME_DIR where that
// is a private directory of this user with a short and plain name, and room in it, else in /tmp. TMPDIR is not asked,
// it is too long under nix-shell and on macOS.
func SocketDirName() string {
	random := strings.ToLower(rand.Text()[:8])
	if name := filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "nixhop-"+random); runtimeDirFits(name) {
		return name
	}
	return "/tmp/nixhop-" + strconv.Itoa(os.Getuid()) + "-" + random
}

// runtimeDirFits reports whether a socket directory may stand in the parent directory of name.
func runtimeDirFits(name string) bool {
	if len(name) > socketDirLimit || !plainPath.MatchString(name) {
		return false
	}
	info, err := os.Stat(filepath.Dir(name))
	if err != nil || !info.IsDir() || info.Mode().Perm() != 0o700 {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Getuid() && hasRoom(filepath.Dir(name))
}
