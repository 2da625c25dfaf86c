package source

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/inventory"
	"nixhop/rebuild/request"
)

// parts are the files of a directory by which whoever owns them decides what a flake or a hive in it says.
var parts = []string{"", "flake.nix", "flake.lock", ".git", inventory.HiveFile}

// Foreign says who else owns something of a directory that is read without being named: neither this user nor root,
// nor, for root by sudo, who ran that (as git does; its safe.directory). Links count, and what they lead to. Empty:
// nobody else.
func Foreign(dir string, env func(string) string) (path, owner string) {
	ours := []string{"0", strconv.Itoa(os.Geteuid())}
	if os.Geteuid() == 0 {
		ours = append(ours, env("SUDO_UID"))
	}
	for _, name := range parts {
		path := filepath.Join(dir, name)
		for _, look := range []func(string) (os.FileInfo, error){os.Lstat, os.Stat} {
			info, err := look(path)
			if err != nil {
				continue
			}
			if uid, known := ownerOf(info); known && !slices.Contains(ours, uid) {
				return path, userName(uid)
			}
		}
	}
	return "", ""
}

func ownerOf(info os.FileInfo) (uid string, known bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "", false
	}
	return strconv.Itoa(int(stat.Uid)), true
}

func userName(uid string) string {
	if u, err := user.LookupId(uid); err == nil {
		return nixexec.Printable(u.Username)
	}
	return uid
}

// ThroughSudo says whose ssh config, keys and agent are in use where nixhop was run through sudo: root's. It is the
// reason behind many a refused login (field: sudo nixos-rebuild --target-host). Empty: it was not, or needs none of
// them.
func ThroughSudo(r request.Request, env func(string) string) string {
	name := facts.SudoUser(env)
	if name == "" || len(r.Hosts) == 0 && request.LocalBuildHost(r.BuildHost) {
		return ""
	}
	return fmt.Sprintf("run through sudo: root's ssh config, keys and agent are in use, not those of %q; without sudo, root is gained on the host", name)
}

// Unowned refuses what was found but not named where it is somebody else's: they would decide what is deployed.
func (s Source) Unowned(env func(string) string) error {
	if s.Found == "" {
		return nil
	}
	path, owner := Foreign(s.Found, env)
	if path == "" {
		return nil
	}
	if !s.IsFlake() {
		return &request.UsageError{
			Message: fmt.Sprintf("%s was not named, and %q belongs to %q", s, path, owner),
			Hint:    "name it where you trust it: --file " + s.File,
		}
	}
	return &request.UsageError{
		Message: fmt.Sprintf("the flake in %q was not named, and %q belongs to %q", s.Found, path, owner),
		Hint:    "name it where you trust it: --flake " + nixexec.ShellWord(s.Found),
	}
}
