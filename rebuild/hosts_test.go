package rebuild

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nixhop/rebuild/phase"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

// A host that is named twice is one host; one that is to get two configurations, or two ports, is a mistake.
func TestSameHostTwice(t *testing.T) {
	f := newFleet(t, "h1", "h2")
	if err := f.deploy(t.Context(), "switch", "h1", "h2", "h1", "h*", "--yes"); err != nil {
		t.Fatal(err)
	}
	f.wentOn([]string{"h1", "h2"}, report.PhaseActivate, "", "", report.Done)
	for _, host := range []string{"h1", "h2"} {
		if got := strings.Count(f.calls(host), "\nswitch-to-configuration switch\n"); got != 1 {
			t.Errorf("%s was activated %d times", host, got)
		}
	}
	f.usage(f.deploy(t.Context(), "switch", "h1=h2", "h1"), "are one host with two configurations")
	err := f.deploy(t.Context(), "switch", "ssh://h1:22", "ssh://root@h1:23")
	f.usage(err, "is meant with port 22 and with port 23")
	f.usage(f.deploy(t.Context(), "switch", "x*"), "no alias matches")
}

// A run that ends early ends what goes on beside it: a nix that is asked for its settings, and for the names of the
// flake.
func TestNothingGoesOnBehindTheEnd(t *testing.T) {
	f := newFleet(t, "h1")
	f.turn("h1", "down=off")
	nix := filepath.Join(f.Here().Dir, "bin", "nix")
	if err := errors.Join(os.Remove(nix), os.WriteFile(nix, []byte("#!/bin/sh\nexec sleep 60\n"), 0o755)); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	f.refused(f.run(t.Context(), "switch", "h1"), "h1", "host-unreachable") // listening sees to the rest
	if took := time.Since(began); took > patience {
		t.Errorf("it took %s", took)
	}
}

// Two aliases may lead to one name in two ways: each has its own connection, and its own configuration.
func TestAliasesOfOneAddress(t *testing.T) {
	f := newFleet(t, "h1", "h2")
	f.turn("h2", "address=inner")
	f.configure("copy", "hostName=h2")
	f.write("ssh_config", f.inventory([]string{"h1"})+"Host h2 copy\n  HostName inner\n  User root\n")
	err := f.run(t.Context(), "check", "h1", "h2", "copy", "--json")
	if phase.Status(err) != request.ExitCheck { // the two want different configurations
		t.Fatal(err)
	}
	rows := f.rows()
	copied := rows["copy"]
	if rows["h2"].Configuration != "h2" || copied.Configuration != "copy" || copied.Address != "root@inner" {
		t.Errorf("%+v", rows)
	}
	if got := count(f.looks("h2"), "nix --version"); got != 2 {
		t.Errorf("the host was probed %d times", got)
	}
}

// A name that is in no config may have its address from elsewhere: alone it is a host that is not reached. Among
// several it is a typo, unless it is said to be meant: then it is not reached either, and does not end the run for the
// others.
func TestUnknownHosts(t *testing.T) {
	f := newFleet(t, "web", "h2")
	err := f.run(t.Context(), "switch", "wbe=web")
	f.refused(err, "wbe=web", "host-unreachable")
	f.usage(f.deploy(t.Context(), "switch", "wbe=web", "h2"), `unknown alias "wbe"`)
	const meant = "ssh://wbe"
	_ = f.deploy(t.Context(), "switch", meant, "h2")
	f.wentOn([]string{meant, "h2"}, report.PhaseActivate, meant, report.PhaseConnect, report.Offline)
	f.changed("h2", true)
}

// What is missing here is told before any host is contacted.
func TestNothingToDoItWith(t *testing.T) {
	f := newFleet(t, "web")
	for words, status := range map[string]int{
		"switch web --engine nixos-rebuild":            request.ExitNotInstalled,
		"switch web --nixos-rebuild /nowhere":          request.ExitNotInstalled,
		"switch web --ssh-config /nowhere/config":      request.ExitUsage,
		"switch web --build-host user@":                request.ExitUsage,
		"switch --build-host target --engine native":   request.ExitUsage,
		"build-vm web --engine native":                 request.ExitUsage,
		"list-generations --engine native --flake .#x": request.ExitUsage,
	} {
		r, err := request.Parse(strings.Fields(words), func(string) bool { return true })
		if err == nil {
			r = r.WithEnvironment(f.session.Env)
			err = f.listening(func(s Session) error { return s.Deploy(t.Context(), r) })
		}
		if got := phase.Status(err); got != status {
			t.Errorf("%s: %v: status %d, want %d", words, err, got, status)
		}
		if f.connections("web") > 0 {
			t.Errorf("%s: the host was contacted", words)
		}
	}
}

// A run through sudo says whose keys are in use, and an ssh config that is only half understood here is a warning.
func TestWarnings(t *testing.T) {
	f := newFleet(t, "web")
	t.Setenv("SUDO_USER", "ann")
	t.Setenv("SUDO_UID", "1000")
	f.write("ssh_config", f.inventory([]string{"web"})+"Match host web\n  Port 22\n")
	if err := f.run(t.Context(), "switch", "web"); err != nil {
		t.Fatal(err)
	}
	f.tells(`run through sudo: root's ssh config, keys and agent are in use, not those of "ann"`)
	f.changed("web", true)
}

// An error of the renderer reaches who closes the stream, and does not end the deployment.
func TestResultIsLost(t *testing.T) {
	f := newFleet(t, "web")
	full := errors.New("no space left on device")
	stream := report.NewStream(func(e report.Event) error {
		if e.Kind == report.Printed {
			return full
		}
		return nil
	})
	s := f.session
	s.Say = stream.Say
	if err := s.Deploy(t.Context(), f.request("switch", "web")); err != nil {
		t.Error(err)
	}
	if err := stream.Close(); !errors.Is(err, full) {
		t.Errorf("%v", err)
	}
	f.changed("web", true)
}

// What ssh makes nothing of, though it can read its config, is found as what it cannot read is: about that host alone.
func TestUnresolvedHost(t *testing.T) {
	f := newFleet(t, "h1", "h2")
	f.write("ssh_config", "Host h1\n  HostName %z\n"+f.inventory([]string{"h1", "h2"}))
	for _, words := range []string{"switch h1", "switch h1 --plan", "list-generations h1", "switch h2 --build-host h1"} {
		if err := f.run(t.Context(), strings.Fields(words)...); phase.Status(err) != request.ExitCheck {
			t.Errorf("%s: %v", words, err)
		}
	}
	err := f.run(t.Context(), "check", "h1", "h2", "--json")
	if rows := f.rows(); phase.Status(err) != request.ExitCheck || rows["h1"].Result != "error" || rows["h2"].Result != "ok" {
		t.Errorf("%v: %+v", err, rows)
	}
	if err := f.run(t.Context(), "hosts"); phase.Status(err) != request.ExitCheck {
		t.Errorf("hosts: %v", err)
	}
}

// One host under two HOST words has one place for its sockets: the second word shares the connection of the first.
func TestSameHostInTwoWords(t *testing.T) {
	f := newFleet(t, "h1")
	for range 3 {
		if err := f.run(t.Context(), "check", "h1", "root@h1", "--json"); err != nil {
			t.Fatalf("%v: %+v", err, f.rows())
		}
	}
	if got := count(strings.Split(f.calls(here), "\n"), "ssh ", "ControlMaster=yes"); got != 3 {
		t.Errorf("%d connections were opened in three runs", got)
	}
}
