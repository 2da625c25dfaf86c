package plan

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"nixhop/rebuild/source"
)

// A nixos-rebuild that is given a derivation: each gets it by -I, and what only evaluates is left out.
func TestHandOverWords(t *testing.T) {
	older := &Dialect{Path: "nixos-rebuild", Known: []string{"--build-host", "--fast", "--flake", "--no-flake", "--option", "--target-host", "--use-remote-sudo"}}
	oldest := &Dialect{Path: "nixos-rebuild", Known: []string{"--fast", "--flake", "--target-host"}}
	newest := &Dialect{Path: "nixos-rebuild"}
	flake := source.Source{Flake: "."}
	web := machineFor("web")
	for _, c := range []struct {
		line string
		job  Job
		want string
	}{
		{"switch web -L --impure --override-input a b --cores 2", Job{Dialect: newest, Cross: "x86_64-linux"},
			"nixos-rebuild switch -L --cores 2 --no-flake -I nixpkgs=/run/d/nixpkgs --target-host web --no-reexec"},
		{"boot web -I nixpkgs=/n --refresh", Job{Dialect: older, Cross: "x86_64-linux", Build: web},
			"nixos-rebuild boot --no-flake -I nixpkgs=/run/d/nixpkgs --target-host web --build-host web --fast"},
		{"switch web", Job{Dialect: oldest, System: "x86_64-linux"},
			"nixos-rebuild switch -I nixpkgs=/run/d/nixpkgs --target-host web --fast"},
		{"switch web --emulate", Job{Dialect: older, Emulate: "aarch64-linux"},
			"nixos-rebuild switch --flake .#web --option extra-extra-platforms aarch64-linux --target-host web --fast"},
	} {
		c.job.Request, c.job.Source, c.job.Configuration, c.job.Target, c.job.Dir = parse(t, c.line), flake, "web", web, "/run/d"
		steps, err := Make(c.job)
		if err != nil {
			t.Fatal(err)
		}
		last := steps.Steps[len(steps.Steps)-1]
		if got := strings.Join(last.Command.Argv, " "); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", c.line, got, c.want)
		}
		var names []string
		for _, s := range steps.Steps {
			names = append(names, s.Name)
		}
		want := "nixos-rebuild"
		if c.job.HandsOver() {
			want = "evaluate, hand over, nixos-rebuild"
		}
		if got := strings.Join(names, ", "); got != want {
			t.Errorf("%s: steps %s", c.line, got)
		}
	}
}

// What is handed over has the derivation under both names by which releases of nixos-rebuild ask for it.
func TestHandOverScript(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "nixpkgs")
	cmd := exec.Command("/bin/sh", "-s", "--", "/nix/store/x.drv", dir)
	cmd.Stdin = strings.NewReader(handOverScript)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "nixos/default.nix"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"system = import /nix/store/x.drv;", "inherit system;", "config.system.build.toplevel = system;"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "nixos/modules/installer/tools/get-version-suffix")); err != nil {
		t.Error(err)
	}
}

// The build host is told of one more system by nixhop's own steps, here and there, only where it has to be.
func TestEmulateInSteps(t *testing.T) {
	for _, build := range []*Machine{nil, machineFor("big")} {
		job := Job{Request: parse(t, "switch web --emulate"), Source: source.Source{Flake: "."}, Configuration: "web", Target: machineFor("web"), Build: build, Dir: "/run/d"}
		for _, emulate := range []string{"", "aarch64-linux"} {
			job.Emulate = emulate
			steps, err := Make(job)
			if err != nil {
				t.Fatal(err)
			}
			script := steps.Script()
			if got := strings.Contains(script, "--option extra-extra-platforms aarch64-linux"); got != (emulate != "") {
				t.Errorf("build on %v, emulate %q: %s", build, emulate, script)
			}
		}
	}
}
