package sshcfg

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Under another name ssh does for a host what it does for the host itself, by its own word.
func TestLines(t *testing.T) {
	dir := plainDir(t)
	user := filepath.Join(dir, "user")
	write(t, user, `Host vmi/x
  HostName 192.0.2.7
  ProxyJump gate
Match originalhost gateway user me@device
  HostName 192.0.2.8
  IdentityFile ~/.ssh/special
  HostKeyAlias device
Host *
  User ann
  ServerAliveInterval 7
`)
	for _, host := range []string{"vmi/x", "me@device@gateway", "root@fe80::1%lo", "web"} {
		lines, err := Lines(context.Background(), host, user, []string{"-p", "2222"})
		if err != nil {
			t.Fatal(err)
		}
		ours := filepath.Join(dir, "ours")
		if err := WriteConfig(ours, map[string]Setting{"nixhop-1": {Lines: lines}}, []string{user}); err != nil {
			t.Fatal(err)
		}
		want := dump(t, "-F", user, "-p", "2222", "--", host)
		if got := dump(t, "-F", ours, "--", "nixhop-1"); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", host, got, want)
		}
	}
}

// dump is what `ssh -G` says, without the name that it was asked for.
func dump(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("ssh", append([]string{"-G"}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var kept []string
	for line := range strings.Lines(string(out)) {
		if !strings.HasPrefix(line, "host ") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}
