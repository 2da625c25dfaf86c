package plan

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"nixhop/rebuild/decision"
)

// host is a host for activate.sh: its programs, and its /run, are those of the test.
type host struct {
	dir string
	env []string
}

// hostPrograms are what a host has beside the system's own programs. A unit is there as long as its directory is.
var hostPrograms = map[string]string{
	"bin/systemctl": `case $1 in
is-active) [ -d "$DIR/units/$2" ] && echo active ;;
list-units) case " $* " in *" --state=active "*) exit ;; esac
    for unit in "$DIR"/units/*; do [ -d "$unit" ] && echo "${unit##*/} loaded active running x"; done ;;
esac`,
	"bin/systemd-run": `wait=
while [ "${1#-}" != "$1" ]; do
    case $1 in
    -E | -p) shift ;;
    --wait) wait=1 ;;
    --unit=*) unit=${1#*=}.service ;;
    esac
    shift
done
if [ -n "$wait" ]; then exec "$@"; fi
mkdir "$DIR/units/$unit" || exit
( trap 'rmdir "$DIR/units/$unit"' EXIT; setsid -w "$@" ) >/dev/null 2>&1 </dev/null &`,
	"bin/nix-env": `echo "profile $4" >>"$DIR/deeds"
sleep "${SLOW-0}"
ln -s "$4" "$DIR/profile-$$-link"
mv -T "$DIR/profile-$$-link" "$DIR/profile"`,
}

// newHost makes a host with systems a, b and c, of which one switches as text says.
func newHost(t *testing.T, text string) host {
	t.Helper()
	h := host{dir: t.TempDir()}
	h.env = append(os.Environ(), "PATH="+filepath.Join(h.dir, "bin")+":"+os.Getenv("PATH"))
	for _, dir := range []string{"run/systemd/system", "units"} {
		if err := os.MkdirAll(filepath.Join(h.dir, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for path, text := range hostPrograms {
		h.program(t, path, text)
	}
	for _, system := range []string{"a", "b", "c"} {
		h.program(t, system+"/nixos-version", "")
		h.program(t, system+"/bin/switch-to-configuration", `system=${0%/bin/*}
echo "begins ${system##*/}" >>"$DIR/deeds"
`+text+`
ln -sfn "$system" "$DIR/run/current-system"
echo "ends ${system##*/}" >>"$DIR/deeds"`)
	}
	return h
}

// program writes a program of the host.
func (h host) program(t *testing.T, path, text string) {
	t.Helper()
	path = filepath.Join(h.dir, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh\nDIR="+h.dir+"\n"+text+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

// there names the host's own paths as they are in truth.
func (h host) there(text string) string { return strings.ReplaceAll(text, "/run/", h.dir+"/run/") }

// activation is the command that switches to a system in a run of this name.
func (h host) activation(run, system string) *exec.Cmd {
	a := activation{
		Activation: decision.Activation{Action: "switch", Profile: h.dir + "/profile"},
		Run:        run, By: "me on " + run,
	}
	cmd := exec.Command("/bin/sh", "-s", "--", h.there("/run/nixhop/"+run), filepath.Join(h.dir, system))
	cmd.Env = h.env
	cmd.Stdin = strings.NewReader(h.there(a.script()))
	return cmd
}

// activate switches to a system, and returns what was printed.
func (h host) activate(run, system string) (stdout, stderr string) {
	cmd := h.activation(run, system)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	_ = cmd.Run() // the status is reported, too
	return out.String(), said.String()
}

// outcome is what the host keeps of a run.
func (h host) outcome(run string) string {
	text, _ := os.ReadFile(h.there("/run/nixhop/" + run + "/outcome"))
	return string(text)
}

// state is the profile, and the system that runs, by their letters.
func (h host) state() (profile, current string) {
	profile, _ = os.Readlink(filepath.Join(h.dir, "profile"))
	current, _ = os.Readlink(filepath.Join(h.dir, "run/current-system"))
	return filepath.Base(profile), filepath.Base(current)
}

// deeds are what was done on the host, in order.
func (h host) deeds() string {
	text, _ := os.ReadFile(filepath.Join(h.dir, "deeds"))
	return strings.ReplaceAll(string(text), h.dir+"/", "")
}

// await waits for something on the host.
func await(t *testing.T, what string, there func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !there(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// left are the files that a run has left in its directory.
func (h host) left(t *testing.T, run string) string {
	t.Helper()
	entries, err := os.ReadDir(h.there("/run/nixhop/" + run))
	if err != nil {
		t.Error(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return strings.Join(names, " ")
}

// An activation tells all of what it did, shows all that was printed, and leaves its outcome and nothing else.
func TestActivation(t *testing.T) {
	for _, c := range []struct{ name, run string }{{"in a unit", "r1"}, {"without systemd", "r2"}} {
		h := newHost(t, "echo activating; printf 'without an end' >&2; exit 4")
		if c.run == "r2" {
			if err := os.RemoveAll(h.there("/run/systemd/")); err != nil {
				t.Fatal(err)
			}
		}
		out, said := h.activate(c.run, "a")
		for _, line := range []string{"run=" + c.run, "step=activate", "status=4", "toplevel=" + h.dir + "/a", "started=" + h.dir + "/a", "ended=yes"} {
			if !strings.Contains("\n"+out, "\n"+line+"\n") {
				t.Errorf("%s: no %s in\n%s", c.name, line, out)
			}
		}
		if said != "activating\nwithout an end" {
			t.Errorf("%s: it shows %q", c.name, said)
		}
		await(t, c.name+": nothing to be left but its outcome", func() bool { return h.left(t, c.run) == "outcome" }) // it tells its end first
		if h.outcome(c.run) != out {
			t.Errorf("%s: it leaves another outcome than it has told:\n%s", c.name, out)
		}
	}
}

// Another activation on the host is waited for before anything is changed, and whose it is is said.
func TestActivationWaits(t *testing.T) {
	h := newHost(t, `until [ -e "$DIR/go" ]; do sleep 0.05; done`)
	first := h.activation("r1", "a")
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, "the first one", func() bool { return strings.Contains(h.deeds(), "begins a") })
	second := h.activation("r2", "b")
	var out, said lockedBuffer
	second.Stdout, second.Stderr = &out, &said
	if err := second.Start(); err != nil {
		t.Fatal(err)
	}
	want := "nixhop: another activation is running here (nixos-rebuild-switch-to-configuration.service, by me on r1); waiting for its end"
	await(t, want, func() bool { return strings.Contains(said.String(), want) })
	if profile, _ := h.state(); profile != "a" {
		t.Errorf("the profile is %s while a is activated", profile)
	}
	h.program(t, "go", "")
	_, _ = first.Process.Wait()
	_ = second.Wait()
	if got := h.deeds(); got != "profile a\nbegins a\nends a\nprofile b\nbegins b\nends b\n" || !strings.Contains(out.String(), "status=0") {
		t.Errorf("done:\n%s\ntold:\n%s", got, out.String())
	}
}

// Several runs at once, also beside a nixos-rebuild whose unit has a number: each looks, sets the profile and activates
// before the next one does (field: host runs A, profile and next boot are B).
func TestActivationsAtOnce(t *testing.T) {
	for _, way := range []string{"units", "no systemd", "no systemd, no flock"} {
		t.Run(way, func(t *testing.T) {
			h := newHost(t, "sleep 0.02")
			if way != "units" {
				if err := os.RemoveAll(h.there("/run/systemd/")); err != nil {
					t.Fatal(err)
				}
			} else {
				numbered := filepath.Join(h.dir, "units/nixos-rebuild-switch-to-configuration-7.service")
				if err := os.Mkdir(numbered, 0o755); err != nil {
					t.Fatal(err)
				}
				defer time.AfterFunc(500*time.Millisecond, func() {
					if h.deeds() != "" {
						t.Errorf("done beside another activation: %s", h.deeds())
					}
					_ = os.Remove(numbered)
				}).Stop()
			}
			if strings.HasSuffix(way, "flock") {
				h.without(t, "flock")
			}
			var all sync.WaitGroup
			for i := range 4 {
				all.Go(func() {
					if out, said := h.activate(fmt.Sprintf("nixhop-%d", i), string('a'+rune(i%3))); !strings.Contains(out, "ended=yes") {
						t.Errorf("run %d told %q and said %q", i, out, said)
					}
				})
			}
			all.Wait()
			lines := strings.Split(strings.TrimSpace(h.deeds()), "\n")
			for i := 0; i+2 < len(lines); i += 3 {
				letter := lines[i][len(lines[i])-1:]
				if got := strings.Join(lines[i:i+3], ","); got != "profile "+letter+",begins "+letter+",ends "+letter {
					t.Errorf("not one behind the other: %s", got)
				}
			}
			if profile, current := h.state(); profile != current || len(lines) != 12 {
				t.Errorf("it boots %s and runs %s:\n%s", profile, current, h.deeds())
			}
		})
	}
}

// without takes a program away from a host: every other one that this machine has is linked to.
func (h host) without(t *testing.T, program string) {
	t.Helper()
	bin := filepath.Join(h.dir, "bin")
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		entries, _ := os.ReadDir(dir)
		for _, entry := range entries {
			if entry.Name() != program {
				_ = os.Symlink(filepath.Join(dir, entry.Name()), filepath.Join(bin, entry.Name()))
			}
		}
	}
	for i, entry := range h.env {
		if strings.HasPrefix(entry, "PATH=") {
			h.env[i] = "PATH=" + bin
		}
	}
}

// lockedBuffer is a buffer that is read while a program writes to it.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// Whatever becomes of the session, and whenever: the host is either left alone, or switched to the end (field: the
// window before the trap). The session has each of these in turn: a signal to all of its processes, and a link that is
// gone.
func TestActivationOutlivesItsSession(t *testing.T) {
	ends := map[string]func(*exec.Cmd, *os.File){
		"killed": func(cmd *exec.Cmd, _ *os.File) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) },
		"hung up": func(cmd *exec.Cmd, link *os.File) {
			link.Close()
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGHUP)
		},
		"terminated": func(cmd *exec.Cmd, _ *os.File) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) },
		"lost":       func(_ *exec.Cmd, link *os.File) { link.Close() },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t, "seq 2000; sleep 0.1")
			h.env = append(h.env, "SLOW=0.1")
			for i := range 8 {
				run, system := fmt.Sprintf("nixhop-%d", i), string('a'+rune(i%3))
				link, theirs, err := os.Pipe()
				if err != nil {
					t.Fatal(err)
				}
				cmd := h.activation(run, system)
				cmd.Stdout, cmd.Stderr = theirs, theirs
				cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				theirs.Close()
				time.Sleep(time.Duration(i) * 40 * time.Millisecond) // the moment is what is tried
				end(cmd, link)
				_ = cmd.Wait()
				link.Close()
				await(t, run+" to be at rest", func() bool {
					return exec.Command("pgrep", "-f", h.there("/run/nixhop/"+run)).Run() != nil
				})
				profile, current := h.state()
				if outcome := h.outcome(run); profile != current || strings.Contains(outcome, "profile=") != strings.Contains(outcome, "status=0") {
					t.Errorf("%d: it boots %s and runs %s; told:\n%s", i, profile, current, outcome)
				}
			}
		})
	}
}

// What cannot be written is found out before the profile is touched (field: /run full, and an endless wait).
func TestActivationWithoutRoom(t *testing.T) {
	for name, change := range map[string]func(h host, cmd *exec.Cmd){
		"no directory": func(h host, _ *exec.Cmd) { _ = os.WriteFile(h.there("/run/nixhop"), nil, 0o644) },
		"no room": func(_ host, cmd *exec.Cmd) { // as a full disk has it: there are files, and nothing gets into them
			cmd.Args = []string{"/bin/sh", "-c", `trap '' XFSZ; ulimit -f 0; exec /bin/sh -s "$@"`, "sh", cmd.Args[3], cmd.Args[4]}
		},
	} {
		h := newHost(t, "")
		cmd := h.activation("r", "a")
		change(h, cmd)
		out, _ := cmd.Output()
		if !strings.Contains(string(out), "run=r\nstep=prepare\nwhy=nothing can be written to ") || h.deeds() != "" {
			t.Errorf("%s: told %q, done %q", name, out, h.deeds())
		}
		if _, err := os.Stat(h.there("/run/nixhop/r")); err == nil {
			t.Errorf("%s: its directory is left", name)
		}
	}
}

// Where there is no room for what the activation prints, that is dropped, and the activation goes on. Something that it
// leaves running has its output open for ever: nobody waits for that.
func TestActivationOutputIsBounded(t *testing.T) {
	h := newHost(t, `seq 100000; sleep 600 & echo $! >"$DIR/pid"`)
	h.program(t, "bin/df", `echo Filesystem Total Used Free; echo tmpfs 64 0 64 2% /run`)
	out, said := h.activate("r", "a")
	t.Cleanup(func() {
		_ = exec.Command("/bin/sh", "-c", `kill "$(cat "$1")"`, "sh", filepath.Join(h.dir, "pid")).Run()
	})
	if !strings.Contains(out, "status=0\n") || !strings.Contains(out, "ended=yes\n") {
		t.Errorf("told:\n%s", out)
	}
	if !strings.HasSuffix(said, "the rest of what the activation prints is left out: there is no room for it\n") || len(said) > 128<<10 {
		t.Errorf("%d bytes were shown: ...%s", len(said), said[max(0, len(said)-200):])
	}
}

// A million lines are shown whole. How long that takes beside a nixos-rebuild is a row of the benchmarks.
func TestActivationPrintsMuch(t *testing.T) {
	const lines = 1_000_000
	h := newHost(t, fmt.Sprintf("seq -f 'a line of the usual length, as an activation prints it: %%.0f' %d", lines))
	_, said := h.activate("r", "a")
	if got := strings.Count(said, "\n"); got != lines {
		t.Errorf("%d lines were shown: ...%s", got, said[len(said)-200:])
	}
}
