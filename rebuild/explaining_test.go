package rebuild

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"

	"nixhop/nixexec"
	"nixhop/rebuild/explain"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// sampleOutput is what a child printed, by the name of its file in testdata/output.
func sampleOutput(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../testdata/output", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	_, output, _ := strings.Cut(string(text), "\n")
	if rest, found := strings.CutPrefix(output, "# situation: "); found {
		_, output, _ = strings.Cut(rest, "\n")
	}
	return output
}

// program writes a shell script that says something on standard error, and then goes on.
func program(t *testing.T, says, then string) string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "program")
	text := "#!/bin/sh\ncat '" + dir + "/words' >&2\n" + then + "\n"
	for file, content := range map[string]string{path: text, filepath.Join(dir, "words"): says} {
		if err := os.WriteFile(file, []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// deploymentOf is one to the host web, by a nixos-rebuild.
func deploymentOf(s *Session, nixosRebuild string, flags ...request.Flag) *deployment {
	r := request.Request{Action: "switch", Own: flags}
	m := &plan.Machine{Host: sshcfg.Host{Name: "web"}, Endpoint: sshcfg.Endpoint{User: "deploy", HostName: "192.0.2.7", Port: 22}}
	return &deployment{
		session: s, request: r, target: &source.Target{Host: m.Host, Selector: request.Selector{Word: "web"}}, place: plan.BuildPlace{Here: true}, source: source.Source{Flake: "."},
		job: plan.Job{Request: r, Source: source.Source{Flake: "."}, Configuration: "web", Target: m, Dialect: &plan.Dialect{Path: nixosRebuild}},
	}
}

func newTestSession(t *testing.T, terminal *os.File) *Session {
	return &Session{
		Stdio: nixexec.Stdio{Out: terminal, Err: terminal},
		Log:   slog.New(slog.DiscardHandler),
		Env:   func(string) string { return "" },
		Dir:   t.TempDir(),
	}
}

var explainFlag = request.Flag{Name: "--explain", Spelling: "--explain"}

// executed runs a deployment with a pipe, or a terminal, as standard output and error, and returns what came there.
func executed(t *testing.T, terminal bool, prepare func(*Session) *deployment) (said string, err error) {
	t.Helper()
	var ours, theirs *os.File
	if terminal {
		ours, theirs, err = pty.Open()
	} else {
		ours, theirs, err = os.Pipe()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	all := make(chan string)
	go func() {
		text, _ := io.ReadAll(ours)
		all <- string(text)
	}()
	err = prepare(newTestSession(t, theirs)).execute(t.Context(), t.Context())
	theirs.Close()
	return <-all, err
}

const unitsExplained = `nixhop: error: web: web runs the new configuration, but 2 units failed there: foo.service, dev-disk-by\x2dlabel-data.mount [units]
    ssh web 'journalctl -u foo.service -n 20 -o cat'
    ssh web 'journalctl -u '\''dev-disk-by\x2dlabel-data.mount'\'' -n 20 -o cat'
nixhop: note: web: the hint about --ask-sudo-password does not apply: sudo worked on web, and what it ran there failed [ng-hint]
`

const unitExplained = `nixhop: error: web: web runs the new configuration, but 1 unit failed there: mount-pstore.service [units]
    ssh web 'journalctl -u mount-pstore.service -n 20 -o cat'
`

const buildExplained = `nixhop: error: web: the build of b43-firmware-5.100.138 failed on this machine: nothing was changed on web [build-fail]
    nix log /nix/store/c74h6ikm6iiri40f4xx0lnwpsbbix9d1-b43-firmware-5.100.138.drv
`

// A failed nixos-rebuild is explained behind its own words, with the status that it hides. Where nobody asked, where nothing is known,
// and where the user or nobody ended it, nothing is added.
func TestExecuteExplains(t *testing.T) {
	for _, tt := range []struct {
		name   string
		sample string
		then   string
		asked  bool
		want   string
		status int
		says   string // the error, where it is printed
	}{
		{"a status that only its text tells", "units-old", "exit 1", true, unitExplained, 4, "exited with status 1, for a command that ended with 4: so does nixhop"},
		{"hidden status", "units-ng", "exit 1", true, unitsExplained, 4, "exited with status 1, for a command that ended with 4: so does nixhop"},
		{"own status", "units-ng", "exit 4", true, unitsExplained, 4, ""},
		{"build", "build-fail-23", "exit 1", true, buildExplained, 1, ""},
		{"unknown", "none-build-log", "exit 1", true, "", 1, ""},
		{"success", "units-ng", "exit 0", true, "", 0, ""},
		{"interrupted", "units-ng", "kill -INT $$", true, "", 130, ""},
		{"interrupted, told by the status", "units-ng", "exit 130", true, "", 130, ""},
		{"not asked", "units-ng", "exit 1", false, "", 1, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			output := sampleOutput(t, tt.sample)
			said, err := executed(t, false, func(s *Session) *deployment {
				d := deploymentOf(s, program(t, output, tt.then))
				if tt.asked {
					d = deploymentOf(s, d.job.Dialect.Path, explainFlag)
				}
				return d
			})
			if said != output+tt.want {
				t.Errorf("printed %q, want %q", said, output+tt.want)
			}
			status := nixexec.Status(err)
			var outcome *StatusError
			if errors.As(err, &outcome) {
				status = outcome.Code
			}
			if status != tt.status {
				t.Errorf("%v: status %d, want %d", err, status, tt.status)
			}
			if _, silent := err.(*nixexec.ExitError); tt.says != "" && !strings.HasSuffix(err.Error(), tt.says) || tt.says == "" && err != nil && !silent && !nixexec.Interrupted(err) {
				t.Errorf("prints %v, want %q", err, tt.says)
			}
		})
	}
}

// On a terminal nobody has to ask, and the child has a terminal.
func TestExecuteExplainsOnTerminal(t *testing.T) {
	output := sampleOutput(t, "build-fail-23")
	said, err := executed(t, true, func(s *Session) *deployment {
		return deploymentOf(s, program(t, output, "test -t 1 && test -t 2 && echo out && exit 1"))
	})
	if want := strings.ReplaceAll(output+"out\n"+buildExplained, "\n", "\r\n"); said != want || nixexec.Status(err) != 1 {
		t.Errorf("%v: printed %q, want %q", err, said, want)
	}
}

// What nixhop knows of an activation that it has made itself is said once, by conclude.
func TestExecuteOwnActivation(t *testing.T) {
	const lost = "client_loop: send disconnect: Broken pipe\n"
	for _, tt := range []struct {
		name, says, then string
		want             string
	}{
		{"units", "warning: the following units failed: a.service\n", "echo status=4; echo current=/nix/store/x; exit 4",
			"nixhop: error: web: web runs the new configuration, but 1 unit failed there: a.service [units]\n    ssh web 'journalctl -u a.service -n 20 -o cat'\n"},
		{"in part", "error(s) occurred while switching to the new configuration\n", "echo status=2; echo current=/nix/store/x; exit 2", ""},
		{"lost", lost, "echo was=/nix/store/w; exit 255", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			said, err := executed(t, false, func(s *Session) *deployment {
				d := deploymentOf(s, "", explainFlag)
				d.request.Flags = []request.Flag{{Name: "--rollback"}}
				d.job.Request, d.job.Dialect, d.job.Target = d.request, nil, nil
				d.job.LocalElevate = []string{program(t, tt.says, tt.then)}
				return d
			})
			if said != tt.says+tt.want || err == nil {
				t.Errorf("%v: printed %q, want %q", err, said, tt.says+tt.want)
			}
		})
	}
}

// Without a target no command is printed that names it.
func TestExecuteWithoutTarget(t *testing.T) {
	said, err := executed(t, false, func(s *Session) *deployment {
		d := deploymentOf(s, program(t, "warning: the following units failed: a.service\n", "exit 1"), explainFlag)
		d.target, d.job.Target = nil, nil
		return d
	})
	if !strings.Contains(said, "nixhop: error: here: ") || strings.Contains(said, "ssh") {
		t.Errorf("%v: printed %q", err, said)
	}
}

func TestPhaseOf(t *testing.T) {
	for _, tt := range []struct {
		step, output string
		want         report.Phase
	}{
		{"evaluate", "activating the configuration...\n", report.PhaseEvaluate},
		{"build", "", report.PhaseBuild},
		{"link", "", report.PhaseBuild},
		{"copy", "", report.PhaseCopy},
		{"activate", "", report.PhaseActivate},
		{"nixos-rebuild", "", report.PhaseAny},
		{"nixos-rebuild", "building the system configuration...\ncopying 12 paths...\n", report.PhaseAny},
		{"nixos-rebuild", "copying 0 paths...\n\x1b[1mactivating the configuration...\x1b[0m\r\nsetting up /etc...\n", report.PhaseActivate},
		{"nixos-rebuild", "stopping the following units: a.service\nlast words", report.PhaseActivate},
		{"nixos-rebuild", "machine # activating the configuration...\nvm-test> activating the configuration...\n", report.PhaseAny},
	} {
		if got := explain.PhaseOf(plan.Step{Name: tt.step}, []byte(tt.output)); got != tt.want {
			t.Errorf("%s, %q: %q, want %q", tt.step, tt.output, got, tt.want)
		}
	}
}

func TestSituation(t *testing.T) {
	s := newTestSession(t, nil)
	for path, text := range map[string]string{".git": "", "hosts/web.nix": "{}", "infra/flake.nix": "{}"} {
		path = filepath.Join(s.Dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s.Env = func(name string) string { return map[string]string{"SUDO_USER": "alice"}[name] }
	d := deploymentOf(s, "")
	d.place = plan.BuildPlace{Target: true}
	d.on = &connection{facts: facts.Facts{Elevate: facts.Elevation{SudoFree: facts.Yes}}}
	got := d.situation()
	local := got.Local
	got.Local = nil
	want := explain.Situation{Alias: "web", User: "deploy", HostName: "192.0.2.7", Port: 22, BuildHost: "target", Configuration: "web",
		Flake: ".", Action: "switch", SudoUser: "alice", SudoWorks: true}
	if got, want := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, flake := range []string{".", "./infra", s.Dir + "/infra", "path:" + s.Dir, "git+file://" + s.Dir + "?dir=infra", "github:a/b"} {
		d.source.Flake = flake
		want := flake != "github:a/b"
		if local("hosts/web.nix") != want || local("hosts/db.nix") || local("../../../../../../../../etc/passwd") {
			t.Errorf("%s: the file is there: %v", flake, !want)
		}
	}
}
