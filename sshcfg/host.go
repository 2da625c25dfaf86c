package sshcfg

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Host is one HOST word of a command line, taken apart.
type Host struct {
	User string // empty: ssh decides
	Name string // an alias, a host name, or an address; an IPv6 address without brackets, its zone after a plain %
	Port int    // 0: not given, ssh decides
}

// hostHint is the second line of every error about a HOST word.
const hostHint = "a host is [user@]alias, [user@]address, host:port or ssh://user@host:port; list yours with: nixhop hosts"

// ParseHost takes a HOST word apart: [user@]name, name:port, [address]:port or ssh://[user@]host[:port]. In brackets
// the zone of an IPv6 address may be written %25eth0, as in a URL (RFC 6874), or %eth0. It refuses whatever ssh would
// take for an option, and what ssh since 9.6 refuses (CVE-2023-51385). As in ssh, the user ends at the last @.
func ParseHost(word string) (Host, error) {
	rest, isURL := strings.CutPrefix(word, "ssh://")
	switch scheme, _, other := strings.Cut(rest, "://"); {
	case isURL:
		rest = strings.TrimSuffix(rest, "/")
		if strings.Contains(rest, "/") {
			return Host{}, hostError(word, errors.New("an ssh URL has no path here"))
		}
	case scheme == "ssh-ng" && other:
		return Host{}, hostError(word, errors.New(`"ssh-ng://" is no ssh URL, but that of a store of Nix: leave it out`))
	case other:
		return Host{}, hostError(word, fmt.Errorf("%q is no ssh URL", scheme+"://"))
	}
	var h Host
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		h.User, rest = rest[:at], rest[at+1:]
		if err := checkUser(h.User); err != nil {
			return Host{}, hostError(word, err)
		}
	}
	name, port, err := splitPort(rest)
	if err == nil {
		err = checkName(name)
	}
	if err == nil && port != nil {
		h.Port, err = parsePort(*port)
	}
	if err != nil {
		return Host{}, hostError(word, err)
	}
	h.Name = name
	return h, nil
}

// String is what ssh, nix and nixos-rebuild are given: [user@]name, never the port (WriteConfig carries that).
func (h Host) String() string {
	return h.withUser(h.Name)
}

// Authority is String for the inside of an ssh:// URL and for nixos-rebuild: an IPv6 address stands in brackets and
// the percent sign of its zone is written %25.
func (h Host) Authority() string {
	if !strings.Contains(h.Name, ":") {
		return h.String()
	}
	return h.withUser("[" + strings.Replace(h.Name, "%", "%25", 1) + "]")
}

// plainHost matches what every release of Nix takes in an ssh:// URL and hands to ssh as it is.
var plainHost = regexp.MustCompile(`^([A-Za-z0-9._+-]+@)?([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])$`)

// Plain reports whether Nix takes the host in an ssh:// URL. It does not take a zone (2.8 hands its %25 on), a slash, a
// second @ (NixOS/nix#14685), a backslash, or what is not ASCII.
func (h Host) Plain() bool { return plainHost.MatchString(h.Authority()) }

func (h Host) withUser(name string) string {
	if h.User == "" {
		return name
	}
	return h.User + "@" + name
}

func hostError(word string, err error) error {
	return fmt.Errorf("host %q: %w\n%s", word, err, hostHint)
}

// splitPort splits host, host:port, [host] and [host]:port; port is nil where none is given. More than one colon
// outside brackets is an IPv6 address, which has no port.
func splitPort(s string) (name string, port *string, err error) {
	if inner, ok := strings.CutPrefix(s, "["); ok {
		name, after, closed := strings.Cut(inner, "]")
		if !closed {
			return "", nil, errors.New("the bracket is not closed")
		}
		if strings.Contains(name, ":") {
			name = strings.Replace(name, "%25", "%", 1)
		}
		if after == "" {
			return name, nil, nil
		}
		digits, ok := strings.CutPrefix(after, ":")
		if !ok {
			return "", nil, fmt.Errorf("%q after the bracket", after)
		}
		return name, &digits, nil
	}
	if strings.Count(s, ":") != 1 {
		return s, nil, nil
	}
	name, digits, _ := strings.Cut(s, ":")
	return name, &digits, nil
}

func parsePort(digits string) (int, error) {
	port, err := strconv.ParseUint(digits, 10, 16)
	if err != nil || port == 0 {
		return 0, fmt.Errorf("the port %q is not a number from 1 to 65535", digits)
	}
	return int(port), nil
}

// checkUser refuses what ssh refuses in a user name (valid_ruser in ssh.c), and a colon, which would begin a password
// in a URL.
func checkUser(user string) error {
	switch {
	case user == "":
		return errors.New("no user before the @")
	case strings.HasSuffix(user, `\`):
		return errors.New("the user name ends with a backslash")
	}
	return checkWord("user name", user, "'`\";&<>|(){}/:$")
}

// checkName says why a name cannot be handed to ssh and to Nix as a host; nil if it can.
func checkName(name string) error {
	if strings.Contains(name, ":") {
		if _, err := netip.ParseAddr(name); err != nil {
			return fmt.Errorf("%q is not an IPv6 address", name)
		}
		return checkWord("address", name, "'`\"$\\;&<>|(){}/@#?*!=[]")
	}
	return checkWord("name", name, "'`\"$\\;&<>|(){}@#?*!=[]%")
}

func checkWord(what, s, refused string) error {
	switch {
	case s == "":
		return fmt.Errorf("the %s is empty", what)
	case s[0] == '-':
		return fmt.Errorf("the %s begins with a dash: ssh would take it for an option", what)
	case !utf8.ValidString(s):
		return fmt.Errorf("the %s is not UTF-8", what)
	}
	for _, r := range s {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) {
			return fmt.Errorf("the %s holds a space or a control character", what)
		}
		if strings.ContainsRune(refused, r) {
			return fmt.Errorf("the %s holds %q", what, r)
		}
	}
	return nil
}
