package plan

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"nixhop/testdata/terminal"

	"nixhop/nixexec"
	"nixhop/nixexec/ssh"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// The store paths that the stand-ins of a stage answer.
const (
	storedDerivation = "/nix/store/00000000000000000000000000000000-system.drv"
	storedSystem     = "/nix/store/11111111111111111111111111111111-system"
)

// stage is where scripts are played: the programs that a plan calls are recorders, and nothing is deployed.
type stage struct {
	shell    string
	bin, dir string // of the programs; of the run
	calls    string // a directory for each call
	fails    int    // the call that ends with status 7; -1: none
}

// call is what a recorder was called with.
type call struct {
	argv  []string
	stdin string
	env   string
}

// recorder records its call, answers with a store path where one is asked for, and writes the log that it is told to
// write.
const recorder = `#!/bin/sh
n=$(ls "$CALLS" | wc -l)
call=$CALLS/$((n))
mkdir "$call"
printf '%s\0' "${0##*/}" "$@" >"$call/argv"
printf '%s\n' "NIX_SSHOPTS=${NIX_SSHOPTS-}" "TMPDIR=${TMPDIR-}" >"$call/env"
if ! [ -t 0 ]; then cat >"$call/stdin"; fi
if [ "$((n))" = "$FAILS" ]; then exit 7; fi
if [ "$((n))" = 2 ] && [ -n "${SIGNAL-}" ]; then
	while [ -e "${HOLD-}" ]; do sleep 0.05; done
	kill -"$SIGNAL" 0
	sleep 5
fi
case "${0##*/} $*" in
*' -E '*) log=${*#* -E } && : >"${log%% *}" ;;
'nix '*' eval '* | 'nix-store --realise '*) echo "$DERIVATION" ;;
readlink* | ssh*"$DERIVATION"*) echo "$SYSTEM" ;;
esac
`

// newStage is a stage for one of the shells that are installed.
func newStage(t *testing.T, shell string) *stage {
	t.Helper()
	s := &stage{shell: shell, bin: t.TempDir(), dir: filepath.Join(t.TempDir(), "run"), fails: -1}
	for _, name := range []string{"ssh", "nix", "nix-store", "readlink", "nixos-rebuild"} {
		if err := os.WriteFile(filepath.Join(s.bin, name), []byte(recorder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// onStages plays a test with every shell.
func onStages(t *testing.T, play func(t *testing.T, s *stage)) {
	t.Helper()
	for _, name := range []string{"dash", "bash", "busybox"} {
		path, err := nixexec.LookPath(name)
		if err != nil {
			t.Logf("%v: not tried", err)
			continue
		}
		t.Run(name, func(t *testing.T) { play(t, newStage(t, path)) })
	}
}

// command is the shell, under the name of sh, among the recorders.
func (s *stage) command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	s.calls = t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, s.shell)
	cmd.Args = append([]string{"sh"}, args...)
	cmd.Env = []string{
		"PATH=" + s.bin + ":" + os.Getenv("PATH"), "CALLS=" + s.calls, "FAILS=" + strconv.Itoa(s.fails),
		"DERIVATION=" + storedDerivation, "SYSTEM=" + storedSystem,
	}
	return cmd
}

// play runs a script, as a file, and returns its status and what it printed.
func (s *stage) play(t *testing.T, script string) (status int, said string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "plan")
	if err := os.WriteFile(path, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := s.command(t, path)
	out, _ := cmd.CombinedOutput()
	return cmd.ProcessState.ExitCode(), string(out)
}

// called is what the recorders were called with, in order.
func (s *stage) called(t *testing.T) []call {
	t.Helper()
	var calls []call
	for n := 0; ; n++ {
		dir := filepath.Join(s.calls, strconv.Itoa(n))
		argv, err := os.ReadFile(filepath.Join(dir, "argv"))
		if os.IsNotExist(err) {
			return calls
		}
		stdin, _ := os.ReadFile(filepath.Join(dir, "stdin"))
		env, _ := os.ReadFile(filepath.Join(dir, "env"))
		words := strings.Split(strings.TrimSuffix(string(argv), "\x00"), "\x00")
		calls = append(calls, call{words, string(stdin), string(env)})
	}
}

// same compares what was called with what a plan runs: its connections, its first steps, and the end of the
// connections.
func (s *stage) same(t *testing.T, p Plan, steps int) {
	t.Helper()
	var want []call
	for _, m := range p.Masters {
		want = append(want, call{argv: ssh.MasterArgv(m)})
	}
	for _, step := range p.Steps[:steps] {
		step = step.Fill(Results{"derivation": storedDerivation, "toplevel": storedSystem})
		if step.Command.Argv[0] == "/bin/sh" {
			continue // that is no recorder
		}
		want = append(want, call{step.Command.Argv, step.Command.Stdin, strings.Join(step.Command.Env, "\n")})
	}
	for _, m := range p.Masters {
		want = append(want, call{argv: ssh.ExitArgv(m)})
	}
	got := s.called(t)
	if len(got) != len(want) {
		t.Errorf("%d calls, want %d: %q", len(got), len(want), got)
		return
	}
	for i, c := range want {
		c.argv[0] = filepath.Base(c.argv[0])
		if !slices.Equal(got[i].argv, c.argv) {
			t.Errorf("call %d: got\n%q\nwant\n%q", i, got[i].argv, c.argv)
		}
		if got[i].stdin != c.stdin {
			t.Errorf("call %d %q: on standard input %q, want %q", i, c.argv, got[i].stdin, c.stdin)
		}
		for entry := range strings.SplitSeq(c.env, "\n") {
			if !strings.Contains(got[i].env, entry) {
				t.Errorf("call %d %q: no %q in %q", i, c.argv, entry, got[i].env)
			}
		}
	}
	if _, err := os.Stat(s.dir); !os.IsNotExist(err) {
		t.Errorf("%s was left behind: %v", s.dir, err)
	}
}

// staged is a deployment on a stage: its plan, by whatever does the work.
func (s *stage) staged(t *testing.T, line string, change func(*Job)) Plan {
	t.Helper()
	job := Job{
		Request: parse(t, line), Source: source.Source{Flake: "./my flake"}, Configuration: "it's", Run: "run", Dir: s.dir,
		SSHOpts: "-F /c -o ControlPath=" + s.dir + "/%C", Target: s.machine("web", ""),
	}
	change(&job)
	p, err := Make(job)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// machine is a host with a directory of sockets in that of the run.
func (s *stage) machine(name, dir string) *decision.Machine {
	m := machineFor(name)
	m.Master.Dir, m.Master.Config = filepath.Join(s.dir, dir), "/c"
	return m
}

// A plan that is pasted runs the same commands as a run, word for word, however they are shortened.
func TestScriptRunsTheSteps(t *testing.T) {
	onStages(t, func(t *testing.T, s *stage) {
		for _, test := range []struct {
			name, line string
			change     func(*Job)
		}{
			{"own steps", "switch web", func(*Job) {}},
			{"a login that is not root", "switch web", func(j *Job) { j.Elevate = []string{"sudo", "-n"} }},
			{"on the target", "boot web", func(j *Job) { j.Build = j.Target }},
			{"no host", "build", func(j *Job) { j.Target, j.SSHOpts = nil, "" }},
			{"a third host", "switch web", func(j *Job) { j.Build = s.machine("big", "") }},
			{"two directories", "switch web", func(j *Job) {
				j.Target, j.Build = s.machine("web", "0"), s.machine("big", "1")
				j.Between = &sshcfg.Host{Name: "web", Port: 22}
			}},
			{"without a config", "switch web", func(j *Job) { j.Target.Master.Config = "" }},
			{"by nixos-rebuild", "switch web -v --option a b", func(j *Job) {
				j.Dialect = &decision.Dialect{Path: filepath.Join(s.bin, "nixos-rebuild")}
			}},
			{"handed over to it", "switch web", func(j *Job) {
				j.Dialect, j.Cross = &decision.Dialect{Path: filepath.Join(s.bin, "nixos-rebuild")}, "x86_64-linux"
			}},
			{"back", "switch web --rollback", func(*Job) {}},
			{"a system", "switch web --store-path " + storedSystem, func(*Job) {}},
		} {
			p := s.staged(t, test.line, test.change)
			if status, said := s.play(t, p.Script()); status != 0 || said != "" {
				t.Errorf("%s: status %d, %s", test.name, status, said)
			}
			s.same(t, p, len(p.Steps))
			if t.Failed() {
				t.Fatalf("%s:\n%s", test.name, p.Script())
			}
		}
	})
}

// Whatever a word holds, it reaches the program as it is.
func TestScriptQuotes(t *testing.T) {
	words := []string{
		"", " ", "a b", "it's", `"`, `\`, `\n`, "$HOME", "$(false)", "`false`", "*", "~", "#", "-n", "a=b", "!x", "a\nb",
		"ü", "%s",
	}
	text := "$x\n" + strings.Join(words, "|")
	onStages(t, func(t *testing.T, s *stage) {
		p := Plan{Dir: s.dir, Files: []File{{s.dir + "/config", "Host x\n'$(false)'\n"}}, Steps: []Step{
			{Name: "build", Command: nixexec.Command{Argv: append([]string{"nix-store"}, words...)}},
			{Name: "activate", Text: "text", Command: nixexec.Command{Argv: []string{"nix", text}}},
			{Name: "activate", Text: "stdin", Command: nixexec.Command{Argv: []string{"nix"}, Stdin: "EOF\n$x\n`\n\\\n"}},
			{Name: "activate", Text: "open", Command: nixexec.Command{Argv: []string{"nix"}, Stdin: "no line break %s"}},
			{Name: "build", Command: nixexec.Command{Argv: []string{"nix"}, Env: []string{"TMPDIR=a 'b' $c", "NIX_SSHOPTS="}}},
		}}
		if status, said := s.play(t, p.Script()); status != 0 || said != "" {
			t.Errorf("status %d, %s", status, said)
		}
		s.same(t, p, len(p.Steps))
	})
}

// A step that fails ends the plan with its status, wherever it stands; what was opened is closed.
func TestScriptFails(t *testing.T) {
	onStages(t, func(t *testing.T, s *stage) {
		p := s.staged(t, "switch web", func(j *Job) { j.Build = s.machine("big", "") })
		for i := range p.Steps {
			s.fails = len(p.Masters) + i
			if status, said := s.play(t, p.Script()); status != 7 || said != "" {
				t.Errorf("step %d: status %d, %s", i, status, said)
			}
			s.same(t, p, i+1)
		}
		s.fails = 0 // the first connection
		if status, said := s.play(t, p.Script()); status != 7 || said != "" || len(s.called(t)) != 1+len(p.Masters) {
			t.Errorf("no connection: status %d, %s, %q", status, said, s.called(t))
		}
		if err := os.Mkdir(s.dir, 0o700); err != nil { // somebody else's
			t.Fatal(err)
		}
		s.fails = -1
		if status, _ := s.play(t, p.Script()); status == 0 || len(s.called(t)) > 0 {
			t.Errorf("the directory was there: status %d, %q", status, s.called(t))
		}
		if _, err := os.Stat(s.dir); err != nil {
			t.Errorf("what was there before is gone: %v", err)
		}
	})
}

// A shell that reads the plan from its standard input gives none of it to a command, and is afterwards as it was
// before.
func TestScriptFromStandardInput(t *testing.T) {
	const after = `printf '%s.' "${derivation-none}" "${NIX_SSHOPTS-none}" "$-"
for name in connection session finish; do command -v "$name"; done
echo end
`
	onStages(t, func(t *testing.T, s *stage) {
		p := s.staged(t, "switch web", func(*Job) {})
		options, err := s.command(t, "-c", `printf '%s.' "$-"`).Output()
		if err != nil {
			t.Fatal(err)
		}
		cmd := s.command(t)
		cmd.Stdin = strings.NewReader(p.Script())
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%v: %s", err, out)
		}
		s.same(t, p, len(p.Steps))
		out, err := s.command(t, "-c", p.Script()+after).CombinedOutput()
		if want := "none.none." + string(options) + "end\n"; err != nil || string(out) != want {
			t.Errorf("the shell is changed: %v, %q, want %q", err, out, want)
		}
	})
}

// byPassword are the words in front of what needs root on a host whose sudo wants a password.
func byPassword(t *testing.T, r request.Request, target *decision.Machine) []string {
	t.Helper()
	d, _, err := decision.Decide(decision.Known{
		Request: r, Target: &source.Target{Host: target.Host}, Place: decision.Place{Here: true},
		Source: source.Source{Flake: "."}, Machine: target, Somebody: true, On: &facts.Host{
			Login:   facts.Login{UID: "1000"},
			Elevate: facts.Elevation{Sudo: "/bin/sudo", SudoFree: facts.No, SudoSays: "sudo: a password is required"},
		},
	})
	if err != nil || !d.Password {
		t.Fatalf("no password is wanted: %+v, %v", d, err)
	}
	return d.Elevate
}

// The password is asked for on the terminal when its step comes, and stands in nothing but the standard input of that
// step.
func TestScriptSecret(t *testing.T) {
	onStages(t, func(t *testing.T, s *stage) {
		p := s.staged(t, "switch web", func(j *Job) { j.Elevate, j.Password = byPassword(t, j.Request, j.Target), true })
		path := filepath.Join(t.TempDir(), "plan")
		if err := os.WriteFile(path, []byte(p.Script()), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := s.command(t, path)
		screen, err := terminal.Start(cmd, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer screen.Close()
		said, chunk := "", make([]byte, 1024)
		for !strings.Contains(said, "password: ") {
			n, err := screen.Read(chunk)
			if said += string(chunk[:n]); err != nil {
				break
			}
		}
		fmt.Fprintln(screen, "it's $ecret")
		if status := screen.Wait(); status != 0 || said != "password: " {
			t.Errorf("exit status %d: %q", status, said)
		}
		last := &p.Steps[len(p.Steps)-1]
		last.Command.Stdin = "it's $ecret\n" + decision.ScriptMark + "\n" + last.Command.Stdin
		s.same(t, p, len(p.Steps))
	})
}

// What the shell of a plan has left that was killed is removed by a later run, and nothing while it lives.
func TestScriptKilled(t *testing.T) {
	onStages(t, func(t *testing.T, s *stage) {
		s.dir = filepath.Join(t.TempDir(), "nixhop-0-abcdefgh")
		p := s.staged(t, "switch web", func(*Job) {})
		cmd := s.command(t, "-c", p.Script())
		hold := filepath.Join(t.TempDir(), "hold")
		cmd.Env = append(cmd.Env, "SIGNAL=KILL", "HOLD="+hold)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if err := errors.Join(os.WriteFile(hold, nil, 0o600), cmd.Start()); err != nil {
			t.Fatal(err)
		}
		for len(s.called(t)) < 3 {
			time.Sleep(10 * time.Millisecond)
		}
		if ssh.SweepRunDirs(filepath.Dir(s.dir)); !nixexec.Exists(s.dir) {
			t.Error("it was removed while it was used")
		}
		if err := errors.Join(os.Remove(hold), cmd.Wait()); err == nil || !nixexec.Exists(s.dir) {
			t.Errorf("it was not killed in the middle: %v", err)
		}
		for began := time.Now(); nixexec.Exists(s.dir); { // until the last of its processes is gone
			if ssh.SweepRunDirs(filepath.Dir(s.dir)); time.Since(began) > time.Minute {
				t.Fatal("it is left behind")
			}
			time.Sleep(10 * time.Millisecond)
		}
	})
}

// A plan in a loop `while read h; do ...; done <list` leaves the list to the loop, but for what is there to be talked to.
func TestScriptInALoop(t *testing.T) {
	onStages(t, func(t *testing.T, s *stage) {
		for _, test := range []struct{ line, rounds, input string }{
			{"switch web", "web\ndb\n", ""},
			{"repl web", "web\n", "db\n"},
			{"switch web --ask-elevate-password", "web\n", "db\n"},
		} {
			p := s.staged(t, test.line, func(j *Job) {
				if test.input != "" {
					j.Dialect = &decision.Dialect{Path: filepath.Join(s.bin, "nixos-rebuild")}
				}
			})
			cmd := s.command(t, "-c", "while read -r host; do echo $host; "+p.Script()+"done")
			cmd.Stdin = strings.NewReader("web\ndb\n")
			out, err := cmd.CombinedOutput()
			input := ""
			for _, call := range s.called(t) {
				if call.stdin == "db\n" {
					input = call.stdin
				}
			}
			if err != nil || string(out) != test.rounds || input != test.input {
				t.Errorf("%s: %v, the loop read %q, its commands %q", test.line, err, out, input)
			}
		}
	})
}

// What a plan has opened is closed, too, where it is stopped.
func TestScriptStopped(t *testing.T) {
	// A shell does not trap what was ignored when it was started, as under nohup.
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGHUP, syscall.SIGINT)
	t.Cleanup(func() { signal.Stop(caught) })
	onStages(t, func(t *testing.T, s *stage) {
		p := s.staged(t, "switch web", func(*Job) {})
		for _, signal := range []syscall.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM} {
			cmd := s.command(t, "-c", p.Script())
			cmd.Env = append(cmd.Env, "SIGNAL="+strconv.Itoa(int(signal)))
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			if _, err := cmd.CombinedOutput(); err == nil { // also the last process has it open
				t.Errorf("%s: it has ended well", signal)
			}
			if _, err := os.Stat(s.dir); !os.IsNotExist(err) {
				t.Errorf("%s: %s was left behind: %v", signal, s.dir, err)
			}
		}
	})
}
