//go:build lab

package main

import (
	"strings"
	"testing"
)

// grubOnce gives a host what a GRUB has to do with a deployment: a program that has its menu boot an entry once, a file
// system that it can write to, and a boot that asks for that entry. The menu itself is written by the systems
// (grubMenu).
const grubOnce = `mkdir -p /boot/grub
cat >/usr/local/bin/grub-reboot <<'END'
#!/bin/sh
printf '%s\n' "$*" >>/boot/grub/calls
printf '%s\n' "$2" >/boot/grub/next_entry
END
cat >/usr/local/bin/stat <<'END'
#!/bin/sh
if [ "$1" = -f ]; then echo ext2/ext3; else exec /usr/bin/stat "$@"; fi
END
chmod 755 /usr/local/bin/grub-reboot /usr/local/bin/stat
sed -i '/^system=/r /dev/stdin' /usr/local/sbin/lab-boot <<'END'
if [ -e /boot/grub/next_entry ]; then
	title=$(sed 's/.*>//' /boot/grub/next_entry)
	rm /boot/grub/next_entry
	system=$(grep -F -A 1 "menuentry \"$title\"" /boot/grub/grub.cfg | sed -n 's|.* init=\(.*\)/init|\1|p')
fi
END
sync`

// grubMenu are the lines by which a system writes the menu of GRUB: what boots by itself, and all generations.
const grubMenu = `{ printf 'if [ "${next_entry}" ]; then\n set default="${next_entry}"\nelse\n set default="0"\nfi\n'; ` +
	`printf 'menuentry "NixOS" {\n linux /kernel init=%s/init\n}\nsubmenu "NixOS - All configurations" {\n' "$2"; ` +
	`for link in /nix/var/nix/profiles/system-*-link; do printf 'menuentry "NixOS - %s" {\n linux /kernel init=%s/init\n}\n' ` +
	`"${link##*/}" "$(readlink -f "$link")"; done; echo '}'; } >/boot/grub/grub.cfg`

// labRebootOnce: a system that comes up with a reboot is booted once, and kept when it lets a login in. One that does
// not, and that a watchdog ends, has left nothing behind: the host is back in the system before. The loader is a
// stand-in, all else is real.
func labRebootOnce(t *testing.T, l *lab) {
	l.ssh(t, "n2", grubOnce)
	t.Cleanup(func() {
		l.ssh(t, "n2", `rm -r /usr/local/bin/grub-reboot /usr/local/bin/stat /boot/grub; sed -i '/next_entry ]; then$/,/^fi$/d' /usr/local/sbin/lab-boot; sync`)
	})
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`)
	system := func(message, activate string) (dir string) {
		own := `n2 = system { hostName = "n2"; `
		return l.systems(t, own+`};`, own+`message = "`+message+`"; installBootLoader = "`+quoted.Replace(grubMenu)+`"; activate = "`+quoted.Replace(activate)+`"; };`)
	}
	env := []string{"NIXHOP_GUARD=60"}
	dir := system("known", "true")
	succeeds(t, l.nixhop(t, dir, env, "switch", "n2", "--engine", "native", "--reboot", "--no-guard"))
	known := l.build(t, dir, "n2")
	l.runs(t, "n2", known)

	dir = system("good", "true")
	good := l.build(t, dir, "n2")
	r := l.nixhop(t, dir, env, "boot", "n2", "--engine", "native", "--reboot")
	succeeds(t, r)
	for _, says := range []string{"; grub boots that once, and " + known + " again unless ", ", and has booted " + good + ", which boots from now on\n"} {
		if !strings.Contains(r.stderr, says) {
			t.Errorf("it is to say %q\n%s", says, r.stderr)
		}
	}
	l.runs(t, "n2", good)

	dir = system("bad", "systemctl mask --runtime ssh.service; systemd-run -q --on-active=2 --timer-property=AccuracySec=100ms systemctl reboot --force --force")
	r = l.nixhop(t, dir, env, "boot", "n2", "--engine", "native", "--reboot")
	if says := "once, and is back after "; r.code != 5 || !strings.Contains(r.stderr, says) || !strings.Contains(r.stderr, " in "+good+", which it ran before and boots next") {
		t.Errorf("exit status %d; it is to say %q\n%s", r.code, says, r.stderr)
	}
	l.runs(t, "n2", good)
	if calls := l.ssh(t, "n2", "cat /boot/grub/calls; ls /boot/grub"); strings.Count(calls, "--boot-directory=/boot NixOS - All configurations>NixOS - system-") != 2 ||
		strings.Contains(calls, "next_entry") {
		t.Errorf("GRUB was called with\n%s", calls)
	}
	l.noMasterLeft(t)
}
