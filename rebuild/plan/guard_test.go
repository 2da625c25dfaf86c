package plan

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"nixhop/nixexec"
	"nixhop/rebuild/decision"
)

// guarded is the command that switches to a system under a guard.
func (h host) guarded(run, system string, g Guard) *exec.Cmd {
	cmd := h.activation(run, system)
	a := activation{
		Activation: decision.Activation{Action: "switch", Profile: h.dir + "/profile"}, Run: run, By: "me on " + run, Guard: &g,
	}
	cmd.Stdin = strings.NewReader(h.there(a.script()))
	return cmd
}

// prove asks the guard of a run for something, and returns what that told.
func (h host) prove(run, want string) string {
	cmd := exec.Command("/bin/sh", "-s", "--", h.there("/run/nixhop/"+run))
	cmd.Env = h.env
	cmd.Stdin = strings.NewReader(h.there(nixexec.Assignments(
		[2]string{"run", run}, [2]string{"want", want}, [2]string{"action", "switch"}, [2]string{"profile", h.dir + "/profile"},
		[2]string{"programs", ""},
	) + proveScript))
	out, _ := cmd.Output()
	return string(out)
}

// atRest waits until nothing of a run is at work any more.
func (h host) atRest(t *testing.T, run string) {
	t.Helper()
	await(t, run+" to be at rest", func() bool { return exec.Command("pgrep", "-f", h.there("/run/nixhop/"+run)).Run() != nil })
}

// is fails the test unless the profile and the running system are these, and the run has left its outcome alone, with
// this word.
func (h host) is(t *testing.T, run, profile, current, word string) {
	t.Helper()
	h.atRest(t, run)
	gotProfile, gotCurrent := h.state()
	outcome := h.outcome(run)
	if gotProfile != profile || gotCurrent != current || !strings.Contains(outcome, "guard="+word+"\nclosed=yes\n") {
		t.Errorf("%s: it boots %s and runs %s; want %s, %s, %s; told:\n%s\ndone:\n%s", run, gotProfile, gotCurrent, profile, current, word, outcome, h.deeds())
	}
	if got := h.left(t, run); got != "outcome" {
		t.Errorf("%s: it leaves %s", run, got)
	}
	if _, err := os.Lstat(h.there("/run/nixhop/guarded")); err == nil {
		t.Errorf("%s: the host is still held", run)
	}
}

// An activation under a guard becomes what boots only once it was proved, and is taken back where it is not: nobody has
// to be there for that, and whatever becomes of the activation.
func TestGuard(t *testing.T) {
	soon := Guard{Wait: time.Second, Limit: time.Minute}
	patient := Guard{Wait: time.Minute, Limit: time.Minute}
	for name, c := range map[string]struct {
		guard                  Guard
		switches               string // what system b does beside what all do
		then                   func(t *testing.T, h host)
		profile, current, word string
	}{
		"proved":            {patient, "", func(_ *testing.T, h host) { h.prove("nixhop-g", Confirm) }, "b", "b", "committed"},
		"not proved":        {soon, "", nil, "a", "a", "restored"},
		"asked to restore":  {patient, "", func(_ *testing.T, h host) { h.prove("nixhop-g", Restore) }, "a", "a", "restored"},
		"units failed":      {patient, "failed=4", func(_ *testing.T, h host) { h.prove("nixhop-g", Confirm) }, "b", "b", "committed"},
		"failed, reachable": {patient, "failed=2", func(_ *testing.T, h host) { h.prove("nixhop-g", Confirm) }, "a", "b", "kept"},
		"failed, lost":      {soon, "failed=2", nil, "a", "a", "restored"},
		"hangs":             {Guard{Wait: time.Minute, Limit: time.Second}, `ln -sfn "$system" "$DIR/run/current-system"; sleep 600`, nil, "a", "a", "restored"},
		"ends its own unit": {soon, `ln -sfn "$system" "$DIR/run/current-system"; kill -9 $PPID $$`, nil, "a", "a", "restored"},
		"looked at": {soon, "", func(t *testing.T, h host) {
			if out := h.prove("nixhop-g", Look); !strings.Contains(out, "guard=armed") || strings.Contains(out, "closed=") {
				t.Errorf("a look tells\n%s", out)
			}
		}, "a", "a", "restored"},
		"another came between": {soon, "", func(_ *testing.T, h host) {
			_ = os.Remove(h.dir + "/run/current-system")
			_ = os.Symlink(h.dir+"/c", h.dir+"/run/current-system")
		}, "a", "c", "left"},
		"another profile": {patient, "", func(_ *testing.T, h host) {
			_ = os.Remove(h.dir + "/profile")
			_ = os.Symlink(h.dir+"/c", h.dir+"/profile")
			h.prove("nixhop-g", Confirm)
		}, "c", "b", "left"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t, `failed=0; if [ "${system##*/}" = b ]; then :; `+c.switches+`
fi`)
			for _, system := range []string{"a", "b", "c"} {
				path := filepath.Join(h.dir, system, "bin/switch-to-configuration")
				text, _ := os.ReadFile(path)
				h.program(t, system+"/bin/switch-to-configuration", string(text)+"\nexit $failed")
			}
			h.activate("nixhop-f", "a")
			out, err := h.guarded("nixhop-g", "b", c.guard).Output() // which ends badly where the activation does
			if c.then != nil {
				if profile, _ := h.state(); profile != "a" || !strings.Contains(string(out), "guard=armed\n") {
					t.Errorf("it boots %s already; told:\n%s\n%v", profile, out, err)
				}
				c.then(t, h)
			}
			h.is(t, "nixhop-g", c.profile, c.current, c.word)
		})
	}
}

// A guard is not armed where there is nothing that it could take back.
func TestGuardUnarmed(t *testing.T) {
	h := newHost(t, "")
	for i, want := range []string{"unguarded=there is no system that could be brought back\n", "ended=yes\n"} {
		run := fmt.Sprintf("nixhop-%d", i)
		out, _ := h.guarded(run, "a", Guard{Wait: time.Minute, Limit: time.Minute}).Output()
		if !strings.Contains(string(out), want) || strings.Contains(string(out), "guard=") && i == 1 {
			t.Errorf("%s told\n%s", run, out)
		}
		h.atRest(t, run)
		if profile, current := h.state(); profile != "a" || current != "a" || h.left(t, run) != "outcome" {
			t.Errorf("%s: it boots %s and runs %s", run, profile, current)
		}
	}
}

// The proof that comes as the guard gives up decides it or comes too late: never are both done.
func TestGuardAgainstItsProof(t *testing.T) {
	for i := range 6 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			h := newHost(t, "")
			h.activate("nixhop-f", "a")
			_, _ = h.guarded("nixhop-g", "b", Guard{Wait: time.Second, Limit: time.Minute}).Output()
			await(t, "the end to be due", func() bool { return exec.Command("test", "-e", h.there("/run/nixhop/nixhop-g/due")).Run() == nil })
			time.Sleep(1700*time.Millisecond + time.Duration(i)*50*time.Millisecond) // the moment is what is tried
			out := h.prove("nixhop-g", Confirm)
			if strings.Contains(out, "guard=committed") {
				h.is(t, "nixhop-g", "b", "b", "committed")
			} else {
				h.is(t, "nixhop-g", "a", "a", "restored")
			}
		})
	}
}

// Another activation waits for the end of a guard, and one whose guard was killed does not hold it up.
func TestGuardHoldsOthersOff(t *testing.T) {
	h := newHost(t, "")
	h.activate("nixhop-f", "a")
	_, _ = h.guarded("nixhop-g", "b", Guard{Wait: 2 * time.Second, Limit: time.Minute}).Output()
	var all sync.WaitGroup
	all.Go(func() { h.activate("nixhop-h", "c") })
	all.Wait()
	if got := h.deeds(); !strings.HasSuffix(got, "begins b\nends b\nbegins a\nends a\nprofile c\nbegins c\nends c\n") {
		t.Errorf("done:\n%s", got)
	}
	_, _ = h.guarded("nixhop-i", "b", Guard{Wait: time.Hour, Limit: time.Hour}).Output()
	h.killGuard(t, "nixhop-i")
	h.activate("nixhop-j", "a")
	if profile, current := h.state(); profile != "a" || current != "a" {
		t.Errorf("it boots %s and runs %s:\n%s", profile, current, h.outcome("nixhop-j"))
	}
}

// A guard that was killed, and that nothing has started anew, is made up for by the proof: what that has decided comes
// to pass.
func TestGuardKilled(t *testing.T) {
	t.Parallel()
	h := newHost(t, "")
	h.activate("nixhop-f", "a")
	_, _ = h.guarded("nixhop-g", "b", Guard{Wait: time.Hour, Limit: time.Hour}).Output()
	h.killGuard(t, "nixhop-g")
	if out := h.prove("nixhop-g", Confirm); !strings.Contains(out, "guard=committed\nclosed=yes\n") {
		t.Errorf("told:\n%s", out)
	}
	h.is(t, "nixhop-g", "b", "b", "committed")
}

// killGuard kills the guard of a run.
func (h host) killGuard(t *testing.T, run string) {
	t.Helper()
	text, err := os.ReadFile(h.there("/run/nixhop/" + run + "/watching"))
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	_, _ = fmt.Sscan(string(text), &pid)
	_ = syscall.Kill(pid, syscall.SIGKILL)
}
