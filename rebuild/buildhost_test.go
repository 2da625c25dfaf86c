package rebuild

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"nixhop/rebuild/phase"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

// Several hosts share a build host: it is connected to once, everything is built there, and copied straight where it
// reaches a host, else through here.
func TestBuildHostOfSeveral(t *testing.T) {
	hosts := []string{"h1", "h2", "h3"}
	f := newFleet(t, append(hosts, "big")...)
	f.turn("big", "reaches=h1 h2")
	if err := f.deploy(t.Context(), append(hosts, "switch", "--build-host", "big")...); err != nil {
		t.Fatal(err)
	}
	f.wentOn(hosts, report.PhaseActivate, "", "", report.Done)
	for _, host := range hosts {
		f.changed(host, true)
	}
	if got := f.connections("big"); got != 1 || f.builds() != 0 {
		t.Errorf("%d connections to the build host, %d systems built here", got, f.builds())
	}
	calls := strings.Split(f.calls("big"), "\n")
	for _, c := range []struct {
		words string
		want  int
	}{
		{"nix-store --realise", 3}, {"copy --to ssh-ng://h1", 1}, {"copy --to ssh-ng://h2", 1}, {"--to ssh-ng://h3", 0}, {"nix-store --export", 1},
	} {
		if got := count(calls, c.words); got != c.want {
			t.Errorf("%q ran %d times on the build host, want %d", c.words, got, c.want)
		}
	}
	if got := strings.Count(f.calls("h3"), "nix-store --import"); got != 1 {
		t.Errorf("copied through here %d times:\n%s", got, f.calls("h3"))
	}
}

// Where the build host's own copy fails, the system is copied through here.
func TestBuildHostCannotCopy(t *testing.T) {
	f := newFleet(t, "h1", "big")
	f.turn("big", "reaches=h1")
	nix := filepath.Join(f.Host("big").Dir, "bin", "nix-command")
	f.remove(nix)
	if err := os.WriteFile(nix, []byte("#!/bin/sh\necho 'error: no room' >&2\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := f.run(t.Context(), "switch", "h1", "--build-host", "big"); err != nil {
		t.Fatal(err)
	}
	f.tells("big could not copy what it has built to h1; copying through here")
	f.changed("h1", true)
}

// A build host that is the target under another name is known by what both tell of themselves: nothing is copied from
// the one to the other.
func TestBuildHostIsTarget(t *testing.T) {
	f := newFleet(t, "h1")
	f.write("ssh_config", "Host big\n  HostName h1\n"+f.inventory([]string{"h1", "big"}))
	if err := f.run(t.Context(), "switch", "h1", "--build-host", "big", "--engine", "native"); err != nil {
		t.Fatal(err)
	}
	f.changed("h1", true)
	if calls := f.calls("h1") + f.calls(here); strings.Contains(calls, "copy --from") || f.builds() > 0 {
		t.Errorf("this was called for:\n%s", calls)
	}
}

// A build host that is off ends those that it builds for, and those alone.
func TestBuildHostIsOff(t *testing.T) {
	f := newFleet(t, "h1", "h2", "big")
	f.write("ssh_config", "Host h2\n  # nixhop: build-host=local\n"+f.inventory([]string{"h1", "h2", "big"}))
	f.turn("big", "down=off")
	err := f.deploy(t.Context(), "switch", "h1", "h2", "--build-host", "big")
	if got := phase.Status(err); got != request.ExitCheck {
		t.Errorf("%v: status %d", err, got)
	}
	for _, host := range []string{"h1", "h2"} {
		if got := f.found(host); !slices.Equal(got, []string{"host-unreachable"}) {
			t.Errorf("%s: found %q", host, got)
		}
		f.changed(host, false)
	}
	if err := f.run(t.Context(), "switch", "h2"); err != nil {
		t.Error(err)
	}
	f.changed("h2", true)
}

// A configuration for another platform is built where a program of that platform was seen to run.
func TestBuildEmulated(t *testing.T) {
	f := newFleet(t, "pi")
	f.turn("pi", "machine=aarch64")
	f.configure("pi", "system=aarch64-linux")
	err := f.run(t.Context(), "switch", "pi", "--emulate", "--engine", "native")
	if got := f.found("pi"); phase.Status(err) != request.ExitCheck || !slices.Contains(got, "emulation") {
		t.Errorf("%v: found %q", err, got)
	}
	if err := f.run(t.Context(), "check", "pi", "--emulate", "--json"); phase.Status(err) != request.ExitCheck {
		t.Errorf("%v %s", err, f.said(report.Printed))
	}
	if err := f.run(t.Context(), "switch", "pi", "--cross=x86_64-linux"); err != nil {
		t.Error(err)
	}
	f.changed("pi", true)
}

// An activation by nixos-rebuild goes on, too, whatever ends the run; where the link to it was lost the host is asked
// what has become of it.
func TestActivationByNixosRebuild(t *testing.T) {
	for _, c := range []struct {
		name   string
		words  []string
		knobs  []string
		signal syscall.Signal
		status int
		says   string
	}{
		{"a signal", []string{"--explain"}, []string{"goes-on=units"}, syscall.SIGTERM, 143,
			"the activation on web is not ended by this; see how it goes: ssh -F "},
		{"lost, and read along", []string{"--explain"}, []string{"cut=activation", "goes-on=units"}, 0, 0, "on web: the activation went through: "},
		{"lost while it runs", nil, []string{"cut=activation", "goes-on=units"}, 0, 0,
			"the activation on web goes on; waiting for its end, which Ctrl-C does not change; see how it goes: ssh -F "},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFleet(t, "web")
			f.install(request.InNG, "", "")
			f.turn("web", c.knobs...)
			ctx, end := f.endedBy(c.signal)
			if c.signal != 0 {
				f.readAlong("activating the configuration", end)
			}
			err := f.run(ctx, append(c.words, "switch", "web")...)
			if got := phase.Status(err); got != c.status {
				t.Errorf("%v: status %d, want %d", err, got, c.status)
			}
			if said := fmt.Sprint(f.said(report.Said), err); !strings.Contains(said, c.says) {
				t.Errorf("no %q in\n%s", c.says, said)
			}
			if found := f.found("web"); len(found) > 0 {
				t.Errorf("explained by %q, which the host itself tells", found)
			}
			_ = f.run(t.Context(), "check", "web") // the activation waits for somebody who looks at it
			if !f.Host("web").AwaitIdle(patience) {
				t.Error("the activation did not end")
			}
			f.changed("web", true)
		})
	}
}
