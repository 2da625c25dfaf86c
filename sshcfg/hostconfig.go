package sshcfg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
)

// plainPath matches a path that every version of ssh takes as it is written between double quotes on an Include line:
// nothing that glob(3), the quoting, or (since OpenSSH 9.9) tokens and ${VARIABLES} would change.
var plainPath = regexp.MustCompile(`^/[A-Za-z0-9_./ +,:@=-]+$`)

// Setting is what a run sets for a host name of its own, in front of what the user's config says.
type Setting struct {
	Port        int      // 0: the user's
	ControlPath string   // empty: the user's
	Lines       []string // of ssh configuration; see Lines
}

// WriteConfig writes an ssh config for -F: the settings of the host names that have some, then the files of include
// (Files), which keep their full meaning, Match blocks and relative Includes too. -F alone could not do it: one port
// for two hosts is not enough, and ssh hands its -F on to the ssh of a jump host unquoted, so that a path with a space
// breaks every ProxyJump (path itself must have none).
//
// ssh refuses an included file that others can write to, where it takes the same file from -F; such a file, and one
// whose path cannot be written on an Include line, is copied to path.N and that is included. The user's own
// ~/.ssh/config is never saved from that refusal (a *ConfigError), for ssh makes it there too. A default file may be
// missing, as it may for ssh; another is an error (fs.ErrNotExist). One thing is lost: ssh reads whatever -F leads to
// as the user's, so that a relative Include in /etc/ssh/ssh_config would start in ~/.ssh.
func WriteConfig(path string, settings map[string]Setting, include []string) error {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		if err := checkName(name); err != nil {
			return hostError(name, err)
		}
		fmt.Fprintf(&b, "Host %s\n", name)
		if port := settings[name].Port; port != 0 {
			fmt.Fprintf(&b, "  Port %d\n", port)
		}
		if path := settings[name].ControlPath; path != "" {
			fmt.Fprintf(&b, "  ControlPath %s\n", path)
		}
		for _, line := range settings[name].Lines {
			fmt.Fprintf(&b, "  %s\n", line)
		}
	}
	b.WriteString("Match all\n")
	for i, file := range include {
		included, err := includable(file, fmt.Sprintf("%s.%d", path, i+1))
		if errors.Is(err, fs.ErrNotExist) && slices.Contains(Files(""), file) {
			continue
		}
		if err != nil {
			return fmt.Errorf("including the ssh config %q: %w", file, err)
		}
		fmt.Fprintf(&b, "Include \"%s\"\n", included)
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		return fmt.Errorf("writing the ssh config for this run: %w", err)
	}
	return nil
}

// notRepeated are the lines of `ssh -G` that say nothing about the way to a host, or that Lines' caller sets.
var notRepeated = []string{
	"host", "controlpath", "controlmaster", "controlpersist", "remotecommand", "requesttty", "localforward", "remoteforward",
	"dynamicforward",
}

// Lines are what `ssh -G` says about host as lines of ssh configuration: under another name they lead to the same host
// by the same way, whatever Host and Match blocks the config has for the first one. The arguments and the errors are
// those of Resolve.
func Lines(ctx context.Context, host, config string, options []string) ([]string, error) {
	out, err := answers(ctx, host, config, options)
	if err != nil {
		return nil, err
	}
	var lines []string
	for l := range strings.Lines(string(out)) {
		keyword, value, given := strings.Cut(clean(l), " ")
		if !given || slices.Contains(notRepeated, keyword) {
			continue
		}
		if keyword == "hostname" {
			value = strings.ReplaceAll(value, "%", "%%") // it is expanded once already
		}
		lines = append(lines, keyword+" "+value)
	}
	return lines, nil
}

// includable returns the absolute path of file, or, where ssh would refuse to include that, of a private copy.
func includable(file, copied string) (string, error) {
	absolute, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(absolute)
	if err != nil {
		return "", err
	}
	switch well := ownedWell(info); {
	case well && plainPath.MatchString(absolute):
		return absolute, nil
	case !well && slices.Contains(Files(""), file):
		return "", &ConfigError{File: file, Text: "Bad owner or permissions"}
	}
	text, err := readConfig(absolute)
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(copied, []byte(text), 0o600); err != nil {
		return "", err
	}
	return copied, nil
}

// ownedWell is the test that ssh makes before it reads an included file (SSHCONF_CHECKPERM in readconf.c).
func ownedWell(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	ours := ok && (stat.Uid == 0 || int(stat.Uid) == os.Getuid())
	return ours && info.Mode().Perm()&0o022 == 0
}
