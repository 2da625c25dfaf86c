//go:build soak && lab

package main

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// soakedHosts are the hosts of a lab, one beside the other.
func soakedHosts(t *testing.T) []soaked {
	l := startLab(t, "n1", "n2")
	var hosts []soaked
	for _, name := range l.hosts {
		dir := l.systems(t)
		succeeds(t, l.nixhop(t, dir, nil, "switch", name))
		hosts = append(hosts, l.soaked(t, dir, name))
	}
	return hosts
}

// soakedNixEnv takes the place of nix-env on a host.
const soakedNixEnv = `[ -e /usr/bin/nix-env.real ] || mv /usr/bin/nix-env /usr/bin/nix-env.real
cat >/usr/bin/nix-env <<'END'
#!/bin/bash
if [ -e /run/soak-slow ]; then sleep 2; fi
exec -a nix-env /usr/bin/nix-env.real "$@"
END
chmod 755 /usr/bin/nix-env`

func (l *lab) soaked(t *testing.T, dir, name string) soaked {
	t.Helper()
	l.ssh(t, name, soakedNixEnv)
	release, before := 0, fmt.Sprintf(`%s = system { hostName = %q; };`, name, name)
	now := before
	return soaked{
		deploy: func(t *testing.T, engine string) (*exec.Cmd, string) {
			release++
			next := fmt.Sprintf(`%s = system { hostName = %q; message = "soaked %d"; };`, name, name, release)
			l.edit(t, dir, now, next)
			now = next
			return l.command(t, dir, withEngine(t, engine), "switch", name), l.build(t, dir, name)
		},
		slow: func(t *testing.T, slow bool) {
			command := "rm -f /run/soak-slow"
			if slow {
				command = "touch /run/soak-slow"
			}
			l.ssh(t, name, command)
		},
		cut: func(t *testing.T) {
			// The connection goes away without a word, and whatever ran in its session with it.
			l.run(t, l.sshCommand(name, "systemctl kill --signal=KILL 'session-*.scope'"))
		},
		rest: func(t *testing.T) {
			idle := `! pgrep -f '[n]ix-env -p|[s]witch-to-configuration|[n]ixhop/nixhop-' && ! systemctl -q is-active 'nixos-rebuild-swit*'`
			calm := 0
			within(t, time.Minute, name+" to come to rest", func() bool {
				if calm++; l.run(t, l.sshCommand(name, idle)).code != 0 {
					calm = 0
				}
				return calm > 2
			})
		},
		state: func(t *testing.T) (runs, boots string) {
			runs, boots, _ = strings.Cut(l.ssh(t, name, "readlink -f /run/current-system /nix/var/nix/profiles/system"), "\n")
			return runs, boots
		},
		takes: 3 * time.Second, slowness: 2 * time.Second,
	}
}

// TestSoakLink loses the link in every moment that labLinkLost knows, by both ways to deploy.
func TestSoakLink(t *testing.T) {
	l := startLab(t, "n1")
	for _, moment := range lostLinks() {
		for _, engine := range engines {
			l.loseLink(t, moment, engine)
		}
	}
}
