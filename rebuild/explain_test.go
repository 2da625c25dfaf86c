package rebuild

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nixhop/rebuild/phase"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

// sampleOutput is what a child printed, by the name of its file in testdata/output.
func sampleOutput(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	_, output, _ := strings.Cut(string(text), "\n")
	if rest, found := strings.CutPrefix(output, "# situation: "); found {
		_, output, _ = strings.Cut(rest, "\n")
	}
	return output
}

// install puts a nixos-rebuild here: one that does what the real one does, or else one that says something on
// standard error and then does what a shell is told.
func (f *fleet) install(release request.Release, says, then string) {
	f.t.Helper()
	var flags []string
	for _, s := range request.Flags() {
		if s.Known&release != 0 {
			flags = append(flags, strings.Join(s.Spellings(), " "))
		}
	}
	names := map[request.Release]string{request.InBash: "bash", request.InNG: "ng", request.InNewest: "newest"}
	if err := f.InstallRebuild(names[release], flags); err != nil {
		f.t.Fatal(err)
	}
	if says == "" && then == "" {
		return
	}
	f.write("words", says)
	text := "#!/bin/sh\n# " + strings.Join(flags, "\n# ") + "\n" +
		"cat '" + filepath.Join(filepath.Dir(f.config), "words") + "' >&2\n" + then + "\n"
	if err := os.WriteFile(filepath.Join(f.Here().Dir, "bin", "nixos-rebuild"), []byte(text), 0o755); err != nil {
		f.t.Fatal(err)
	}
}

// A failed nixos-rebuild is explained behind its own words, which stay as they are, with the status that it hides.
// Where nobody asked, where nothing is known, and where the user or nobody ended it, nothing is added.
func TestExplain(t *testing.T) {
	samples, err := filepath.Abs("../testdata/output")
	if err != nil {
		t.Fatal(err)
	}
	const hidden = "for a command that ended with 4: so does nixhop"
	for _, c := range []struct {
		name, sample, then string
		asked              bool
		found              []string
		status             int
		says               string // the error, where it is printed
	}{
		{"a status that only its text tells", "units-old", "exit 1", true, []string{"units"}, 4, hidden},
		{"a hidden status", "units-ng", "exit 1", true, []string{"units", "ng-hint"}, 4, hidden},
		{"its own status", "units-ng", "exit 4", true, []string{"units", "ng-hint"}, 4, ""},
		{"unknown", "none-build-log", "exit 1", true, nil, 1, "it runs and boots the same system as before"},
		{"success", "units-ng", "exit 0", true, nil, 0, ""},
		{"interrupted", "units-ng", "kill -INT $$", true, nil, 130, "interrupt"},
		{"a status as of Ctrl-C, which nobody has pressed here", "units-ng", "exit 130", true, []string{"units", "ng-hint"}, 1, ""},
		{"nobody asked", "units-ng", "exit 1", false, nil, 1, "it runs and boots the same system as before"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFleet(t, "web")
			output := "activating the configuration...\n" + sampleOutput(t, samples, c.sample)
			f.install(request.InNG, output, c.then)
			words := []string{"switch", "web"}
			if c.asked {
				words = append(words, "--explain")
			}
			err := f.run(t.Context(), words...)
			if got := f.written(f.session.Stdio.Err); got != output {
				t.Errorf("printed %q, want %q", got, output)
			}
			if got := f.found("web"); !slices.Equal(got, c.found) {
				t.Errorf("found %q, want %q", got, c.found)
			}
			if got := phase.Status(err); got != c.status {
				t.Errorf("%v: status %d, want %d", err, got, c.status)
			}
			if silent := phase.Silent(err); silent != (c.says == "") || !silent && !strings.Contains(err.Error(), c.says) {
				t.Errorf("prints %v, want %q", err, c.says)
			}
			f.changed("web", false)
		})
	}
}

// What a child has left in the middle of a line is ended before anything is said of it.
func TestExplainBehindProgress(t *testing.T) {
	f := newFleet(t, "web")
	f.install(request.InNG, "warning: the following units failed: a.service\n[3/4 built]", "exit 4")
	err := f.run(t.Context(), "switch", "web", "--explain")
	if got := phase.Status(err); got != request.ExitUnits {
		t.Errorf("%v: status %d", err, got)
	}
	ended := slices.IndexFunc(f.events, func(e report.Event) bool { return e.Kind == report.Output && e.Text == "\n" })
	found := slices.IndexFunc(f.events, func(e report.Event) bool { return e.Kind == report.Found })
	if ended < 0 || found < ended {
		t.Errorf("the line is not ended before the finding: %v", f.events)
	}
}

// What nixhop knows of an activation of its own is said once: what its outcome says is not explained, too.
func TestExplainOwnActivation(t *testing.T) {
	for _, c := range []struct {
		name   string
		knobs  []string
		status int
		found  []string
		says   string
	}{
		{"units", []string{"units=a.service b.service"}, request.ExitUnits, []string{"units"},
			"is active, generation 2, but some units failed"},
		{"nothing", []string{"status=1"}, request.ExitFailed, nil,
			"nothing was activated, switch-to-configuration ended with status 1"},
		{"in part", []string{"status=2"}, request.ExitFailed, nil,
			"the activation failed with status 2 after it had begun"},
		{"until the reboot", []string{"status=100"}, request.ExitFailed, nil, "takes effect only with a reboot"},
		{"lost, and well", []string{"cut=activation", "goes-on=connection"}, 0, nil, ""},
		{"lost, and units", []string{"cut=activation", "goes-on=connection", "units=a.service"}, request.ExitUnits, nil,
			"some units failed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFleet(t, "web")
			f.turn("web", c.knobs...)
			err := f.run(t.Context(), "switch", "web", "--explain")
			if got := phase.Status(err); got != c.status {
				t.Errorf("%v: status %d, want %d", err, got, c.status)
			}
			if got := f.found("web"); !slices.Equal(got, c.found) {
				t.Errorf("found %q, want %q", got, c.found)
			}
			if err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %q", err, c.says)
			}
		})
	}
}

// A host that is gone when the activation is over: what was changed there is not known, and nothing else is said.
func TestExplainLostHost(t *testing.T) {
	f := newFleet(t, "web", "other")
	f.turn("web", "cut=activation")
	f.watch = func(e report.Event) {
		if printing("web", "activating the configuration")(e) {
			f.turn("web", "down=key-changed")
		}
	}
	err := f.deploy(t.Context(), "switch", "web", "other")
	if got := phase.Status(err); got != request.ExitPartly {
		t.Errorf("%v: status %d", err, got)
	}
	f.tells("what was changed on web is not known, for another machine answers in its place")
	if got := f.found("web"); got != nil {
		t.Errorf("found %q", got)
	}
	if !f.Host("web").AwaitIdle(patience) {
		t.Error("the activation did not end")
	}
	f.changed("other", true)
}

// Without a target no command is printed that names one.
func TestExplainWithoutTarget(t *testing.T) {
	f := newFleet(t, "big")
	f.install(request.InNG, "warning: the following units failed: a.service\n", "exit 4")
	err := f.run(t.Context(), "switch", "--build-host", "big", "--flake", ".#big", "--explain", "--no-check")
	if got := phase.Status(err); got != request.ExitUnits {
		t.Errorf("%v: status %d", err, got)
	}
	for _, e := range f.events {
		remedy := strings.Join(e.Remedy, "\n")
		if e.Kind == report.Found && (e.Finding.Host != report.Here || strings.Contains(remedy, "ssh")) {
			t.Errorf("%v %q", e.Finding, e.Remedy)
		}
	}
	if got := f.found(report.Here); !slices.Equal(got, []string{"units"}) {
		t.Errorf("found %q", got)
	}
}

// A status that a nixos-rebuild hides is passed on, also where the host is asked afterwards what was changed there.
func TestHiddenStatusOfBuild(t *testing.T) {
	f := newFleet(t, "web")
	f.install(request.InNG, "Command 'nix build' died with <Signals.SIGKILL: 9>.\n", "exit 1")
	err := f.run(t.Context(), "switch", "web", "--explain")
	if got := phase.Status(err); got != 128+9 {
		t.Errorf("%v: status %d", err, got)
	}
}
