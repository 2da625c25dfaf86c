package export

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"nixhop/nixexec"
	"nixhop/sshcfg"
)

// Key is a host key as programs.ssh.knownHosts has it.
type Key struct {
	Names     []string // under which ssh looks for it, patterns among them
	Public    string   // "ssh-ed25519 AAAA…"
	Authority bool     // it signs the keys of hosts
}

// keyName is the name under which ssh looks for the key of a host (get_hostfile_hostname_ipaddr in sshconnect.c).
func keyName(e sshcfg.Endpoint) string {
	switch {
	case e.HostKeyAlias != "":
		return e.HostKeyAlias
	case e.Port != 22:
		return "[" + e.HostName + "]:" + strconv.Itoa(e.Port)
	}
	return e.HostName
}

// keysOf are the keys that the files have for hosts, as ssh-keygen finds them: hashed entries too. What it has found
// and cannot be said in Nix is lost.
func keysOf(ctx context.Context, hosts []sshcfg.Endpoint) (keys []Key, lost []string, err error) {
	asked := map[[2]string]bool{}
	for _, e := range hosts {
		for _, file := range slices.Concat(e.UserKnownHosts, e.GlobalKnownHosts) {
			one := [2]string{keyName(e), sshcfg.Home(file)}
			if asked[one] || !nixexec.Exists(one[1]) {
				continue
			}
			asked[one] = true
			out, err := nixexec.Output(ctx, nixexec.Command{Argv: []string{"ssh-keygen", "-F", one[0], "-f", one[1]}})
			var exit *nixexec.ExitError
			if err != nil && !errors.As(err, &exit) {
				return nil, nil, err
			}
			found, without := parseFound(one[0], string(out))
			keys = append(keys, found...)
			for _, text := range without {
				if said := one[1] + ": " + text; !slices.Contains(lost, said) {
					lost = append(lost, said)
				}
			}
		}
	}
	return merged(keys), lost, nil
}

// parseFound reads what `ssh-keygen -F name` has printed: a comment with the number of the line, then the line.
func parseFound(name, text string) (keys []Key, lost []string) {
	place := ""
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "# Host ") {
			_, place, _ = strings.Cut(strings.TrimSpace(line), " found: ")
			continue
		}
		words := strings.Fields(line)
		mark := ""
		if len(words) > 0 && strings.HasPrefix(words[0], "@") {
			mark, words = words[0], words[1:]
		}
		switch {
		case len(words) < 3:
			continue
		case mark == "@revoked":
			lost = append(lost, fmt.Sprintf("%s: a revoked key cannot be said in programs.ssh.knownHosts", strings.TrimSuffix(place, " REVOKED")))
			continue
		}
		k := Key{Names: strings.Split(words[0], ","), Public: words[1] + " " + words[2], Authority: mark != ""}
		if strings.HasPrefix(words[0], "|") {
			k.Names = []string{name} // it is hashed
		}
		keys = append(keys, k)
	}
	return keys, lost
}

// merged are keys, each once, with all of its names. Names of which one is kept out by a ! stay among themselves.
func merged(keys []Key) []Key {
	var all []Key
	excepts := func(k Key) bool { return strings.Contains(strings.Join(k.Names, ""), "!") }
	for _, k := range keys {
		at := slices.IndexFunc(all, func(o Key) bool {
			same := o.Public == k.Public && o.Authority == k.Authority
			return same && (slices.Equal(o.Names, k.Names) || !excepts(o) && !excepts(k))
		})
		if at < 0 {
			k.Names = slices.Clone(k.Names)
			all = append(all, k)
			continue
		}
		for _, name := range k.Names {
			if !slices.Contains(all[at].Names, name) {
				all[at].Names = append(all[at].Names, name)
			}
		}
	}
	return all
}

// names are the names of the attributes of keys, each another: the first name of the host, and where several have that
// the type of the key, too.
func names(keys []Key) []string {
	var list []string
	for i, k := range keys {
		name := k.Names[0]
		if slices.ContainsFunc(keys, func(o Key) bool { return o.Public != k.Public && o.Names[0] == name }) {
			kind, _, _ := strings.Cut(k.Public, " ")
			name += "/" + kind
		}
		for n, base := 2, name; slices.Contains(list[:i], name); n++ {
			name = base + "/" + strconv.Itoa(n)
		}
		list = append(list, name)
	}
	return list
}
