package plan

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// onHost runs activate.sh with programs of the test, under a /run of the test, and returns what it printed.
func onHost(t *testing.T, a Activation, programs map[string]string) (stdout, stderr string) {
	t.Helper()
	dir := t.TempDir()
	bin, run := filepath.Join(dir, "bin"), filepath.Join(dir, "run")
	for _, path := range []string{bin, filepath.Join(run, "systemd/system"), filepath.Join(dir, "system/bin")} {
		if err := os.MkdirAll(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	programs["sleep"] = ""
	for name, text := range programs {
		path := filepath.Join(bin, name)
		if strings.Contains(name, "/") {
			path = filepath.Join(dir, name)
		}
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("/bin/sh", "-s", "--", filepath.Join(dir, "system"))
	cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "DIR="+dir)
	cmd.Stdin = strings.NewReader(strings.ReplaceAll(a.Script(), "/run/", run+"/"))
	var out, err strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &err
	_ = cmd.Run() // the status is reported, too
	return out.String(), err.String()
}

// Another activation on the host is waited for, and whose it is is said; one that does not end keeps this one from changing
// anything.
func TestActivationWaits(t *testing.T) {
	system := map[string]string{
		"system/nixos-version": "", "system/bin/switch-to-configuration": "echo switched", "nix-env": "",
		"systemd-run": `touch "$DIR/ran"; exit 0`,
	}
	for _, c := range []struct {
		name, active string
		ran          bool
		says         string
	}{
		{"nothing runs", "exit 3", true, ""},
		{"it ends", `n=$(cat "$DIR/n" 2>/dev/null); echo "x$n" >"$DIR/n"; [ "$n" = xxx ] && exit 3; echo activating`, true,
			"nixhop: another activation is running here (nixos-rebuild-switch-to-configuration.service, by you on desk); waiting for its end"},
		{"it never ends", "echo active", false, "nixhop: another activation is still running here"},
	} {
		programs := map[string]string{"systemctl": `case $1 in is-active) ` + c.active + ` ;; esac`}
		for name, text := range system {
			programs[name] = text
		}
		programs["run/nixhop-outcome"] = "run=x\nby=you on desk"
		out, said := onHost(t, Activation{Run: "y", By: "me", Action: "test", Profile: "/nonexistent/p"}, programs)
		if got := strings.Contains(out, "status=0"); got != c.ran {
			t.Errorf("%s: activated: %v\n%s%s", c.name, got, out, said)
		}
		if !strings.Contains(said, c.says) || c.says == "" && said != "" {
			t.Errorf("%s: it says %q", c.name, said)
		}
	}
}
