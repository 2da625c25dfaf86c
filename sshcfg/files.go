// Package sshcfg knows which hosts there are and how ssh reaches them: it lists the aliases of the ssh config, asks
// `ssh -G` what one means, and reads from ssh's log why a connection failed. What an alias means is never worked out
// here.
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

// sizeLimit bounds what is read of one config file, in bytes. A real one has a few kilobytes, one for ten thousand
// hosts about a megabyte.
const sizeLimit = 8 << 20

// errUnread is wrapped by the errors of files that ssh reads, and that are not read here.
var errUnread = errors.New("ssh reads it")

// Files returns the ssh config files that ssh reads: the one given with --ssh-config, and then no other, as with ssh
// -F; none at all for "none", ssh's own word for that; else ~/.ssh/config and /etc/ssh/ssh_config, in the order in
// which ssh reads them. The home directory is that of the user database: OpenSSH does not ask $HOME for this one
// (ssh.c, getpwuid).
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

// readConfig reads a config file. A directory reads as empty, as ssh reads it; a pipe is not opened, for ssh has to
// read it too.
func readConfig(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	switch {
	case info.IsDir():
		return "", nil
	case !info.Mode().IsRegular() && info.Mode()&os.ModeCharDevice == 0:
		return "", fmt.Errorf("it is no file, and %w", errUnread)
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
		return "", fmt.Errorf("larger than %d bytes, and %w", sizeLimit, errUnread)
	}
	return string(text), nil
}
