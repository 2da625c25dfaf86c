package sshcfg

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"nixhop/nixexec"
)

// Endpoint is what `ssh -G` says about a host. ssh leaves tokens (%h) in most values and writes paths as the config
// has them.
type Endpoint struct {
	Alias                 string // as given to ssh
	User                  string
	HostName              string
	Port                  int
	ProxyJump             string   // as in the config, "a,b@c:22"; empty without one
	ProxyCommand          string   // empty without one
	IdentityFiles         []string // ~/ is written out; ssh's default files where the config names none
	IdentitiesOnly        bool
	IdentityAgent         string // empty: SSH_AUTH_SOCK; "none": no agent; else a path, or the name of a variable
	AddKeysToAgent        string // "false", "true", "ask", "confirm", or a time in seconds
	UserKnownHosts        []string
	GlobalKnownHosts      []string
	HostKeyAlias          string
	ControlPath           string // empty without one
	StrictHostKeyChecking string // "true", "false", "ask", "accept-new", "off"
	Tag                   string // OpenSSH 9.4 and newer
}

// ConfigError is an ssh config that ssh refuses to read.
type ConfigError struct {
	File string // "command-line" for an option given with -o
	Line int    // from 1; 0: the whole file
	Text string
}

// Error names the place, then what ssh said.
func (e *ConfigError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("ssh refuses its config %q: %s", e.File, e.Text)
	}
	return fmt.Sprintf("ssh refuses its config: %s:%d: %s", e.File, e.Line, e.Text)
}

// Resolve asks `ssh -G` what host, an alias with or without a user, means; config is a file for -F or empty, and
// options are the user's own for ssh. ssh connects to nothing for that, but a Match exec in the config is run. Errors:
// a *ConfigError where the config is broken, a *nixexec.NotFoundError without ssh, else what ssh said.
func Resolve(ctx context.Context, host, config string, options []string) (Endpoint, error) {
	out, err := answers(ctx, host, config, options)
	if err != nil {
		return Endpoint{}, err
	}
	e, err := parseEndpoint(string(out), databaseHome())
	if err != nil {
		return Endpoint{}, fmt.Errorf("resolving %q: %w", host, err)
	}
	e.Alias = host
	return e, nil
}

// answers is what `ssh -G` prints.
func answers(ctx context.Context, host, config string, options []string) ([]byte, error) {
	if host == "" || host[0] == '-' || strings.ContainsFunc(host, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }) {
		return nil, hostError(host, errors.New("ssh would not take it for a host"))
	}
	out, err := nixexec.Output(ctx, nixexec.Command{Argv: resolveArgv(host, config, options)})
	if err != nil {
		return nil, resolveError(host, err)
	}
	return out, nil
}

// resolveError says why `ssh -G` failed.
func resolveError(host string, err error) error {
	var exit *nixexec.ExitError
	if errors.As(err, &exit) {
		if broken, ok := parseConfigError(exit.Stderr); ok {
			return fmt.Errorf("resolving %q: %w", host, &broken)
		}
		if said := lastLine(exit.Stderr); said != "" {
			return fmt.Errorf("resolving %q: %w: %s", host, err, said)
		}
	}
	return fmt.Errorf("resolving %q: %w", host, err)
}

// resolveArgv is the command that Resolve runs.
func resolveArgv(host, config string, options []string) []string {
	argv := []string{"ssh", "-G"}
	if config != "" {
		argv = append(argv, "-F", config)
	}
	return append(append(argv, options...), "--", host)
}

// Address is user@hostname:port, for people: the port is left out where it is 22, and an IPv6 address stands in
// brackets where a port follows it.
func (e Endpoint) Address() string {
	address := e.HostName
	if e.Port != 22 && e.Port != 0 {
		address = net.JoinHostPort(e.HostName, strconv.Itoa(e.Port))
	}
	if e.User == "" {
		return address
	}
	return e.User + "@" + address
}

// parseEndpoint reads the output of `ssh -G`: a lower-case keyword, a space and a value on each line, a keyword that
// takes several values either on several lines or with spaces between them (dump_client_config in readconf.c). home
// stands in for ~/.
func parseEndpoint(text, home string) (Endpoint, error) {
	var e Endpoint
	one := map[string]*string{
		"user": &e.User, "hostname": &e.HostName, "proxyjump": &e.ProxyJump, "proxycommand": &e.ProxyCommand,
		"identityagent": &e.IdentityAgent, "addkeystoagent": &e.AddKeysToAgent, "hostkeyalias": &e.HostKeyAlias,
		"controlpath": &e.ControlPath, "stricthostkeychecking": &e.StrictHostKeyChecking, "tag": &e.Tag,
	}
	for l := range strings.Lines(text) {
		keyword, value, _ := strings.Cut(clean(l), " ")
		value = strings.TrimSpace(value)
		if to := one[keyword]; to != nil {
			*to = value
			continue
		}
		switch keyword {
		case "port":
			port, err := parsePort(value)
			if err != nil {
				return Endpoint{}, err
			}
			e.Port = port
		case "identitiesonly":
			e.IdentitiesOnly = value == "yes"
		case "identityfile":
			if value != "none" {
				e.IdentityFiles = append(e.IdentityFiles, expandHome(value, home))
			}
		case "userknownhostsfile":
			e.UserKnownHosts = splitPaths(value)
		case "globalknownhostsfile":
			e.GlobalKnownHosts = splitPaths(value)
		}
	}
	for _, off := range []*string{&e.ProxyJump, &e.ProxyCommand, &e.ControlPath} {
		if *off == "none" {
			*off = ""
		}
	}
	if e.HostName == "" || e.Port == 0 {
		return Endpoint{}, errors.New("ssh -G names no host name and port")
	}
	return e, nil
}

// splitPaths splits the paths that `ssh -G` writes one after the other, without quotes: a word that cannot begin a
// path belongs to the path before it, which then holds a space.
func splitPaths(value string) []string {
	var paths []string
	for _, word := range strings.Split(value, " ") {
		begins := word != "" && strings.ContainsRune("/~", rune(word[0]))
		if last := len(paths) - 1; !begins && last >= 0 && strings.ContainsRune("/~", rune(paths[last][0])) {
			paths[last] += " " + word
			continue
		}
		if word != "" {
			paths = append(paths, word)
		}
	}
	return paths
}

func expandHome(path, home string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok && home != "" {
		return filepath.Join(home, rest)
	}
	return path
}

// The forms in which ssh complains about its config (readconf.c): with and without a colon behind the file, and about
// a file as a whole.
var (
	configLine  = regexp.MustCompile(`^(.+?):? line (\d+): (.+)$`)
	configOwner = regexp.MustCompile(`^(Bad owner or permissions) on (.+)$`)
	configOpen  = regexp.MustCompile(`^Can't open user config file (.+): (.+)$`)
)

// parseConfigError finds the first complaint about the config in what ssh wrote. Options that ssh merely ignores are
// none.
func parseConfigError(text string) (ConfigError, bool) {
	for l := range strings.Lines(text) {
		l = clean(l)
		if strings.HasPrefix(l, "debug") {
			continue
		}
		if m := configOwner.FindStringSubmatch(l); m != nil {
			return ConfigError{File: m[2], Text: m[1]}, true
		}
		if m := configOpen.FindStringSubmatch(l); m != nil {
			return ConfigError{File: m[1], Text: m[2]}, true
		}
		m := configLine.FindStringSubmatch(l)
		if m == nil || strings.HasPrefix(m[3], "Unsupported option") || strings.HasPrefix(m[3], "Deprecated option") {
			continue
		}
		number, err := strconv.Atoi(m[2])
		if err != nil {
			continue
		}
		return ConfigError{m[1], number, m[3]}, true
	}
	return ConfigError{}, false
}

// Via is how ssh gets to the host, where not straight: its jump hosts, or the proxy command.
func (e Endpoint) Via() string {
	if e.ProxyJump != "" {
		return e.ProxyJump
	}
	return e.ProxyCommand
}
