package facts

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"

	"nixhop/nixexec"
)

// shell is a /bin/sh as hosts have it.
type shell struct {
	name    string
	program string
	args    []string
}

// shells are those that are here: dash of Debian, bash of NixOS under the name of sh, busybox of small systems.
func shells(t *testing.T) []shell {
	var found []shell
	for _, s := range []shell{
		{"dash", "dash", []string{"sh", "-s"}},
		{"bash", "bash", []string{"sh", "-s"}},
		{"busybox", "busybox", []string{"sh", "-s"}},
	} {
		path, err := nixexec.LookPath(s.program)
		if err != nil {
			t.Logf("%v: not tried", err)
			continue
		}
		s.program = path
		found = append(found, s)
	}
	return found
}

// host is a login that a probe meets.
type host struct {
	shell  shell
	env    []string
	nobody bool   // not root, where the test is root
	before string // printed by the login shell
	script func(string) string
}

// ask runs a probe as ssh would, and returns what was printed. It fails when the session does not outlive its answer,
// runs what comes in after it, or does not end with its input.
func (h host) ask(t *testing.T, query Query) Host {
	t.Helper()
	script := ProbeScript("N1", query)
	if h.script != nil {
		script = h.script(script)
	}
	cmd := exec.Command(h.shell.program)
	cmd.Args, cmd.Env, cmd.Dir = h.shell.args, h.env, "/"
	if h.nobody && os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(stdin, script); err != nil {
		t.Fatal(err)
	}
	output := []byte(h.before)
	lines := bufio.NewReader(stdout)
	for {
		line, err := lines.ReadString('\n')
		output = append(output, line...)
		if err != nil || line == EndMarker("N1")+"\n" {
			break
		}
	}
	trap := filepath.Join(t.TempDir(), "trap")
	line := ": >" + trap + "\n"
	// More than a pipe holds: it goes in only where somebody reads.
	if _, err := io.WriteString(stdin, strings.Repeat(line, 80<<10/len(line))); err != nil {
		t.Errorf("the session ended with its answer: %v", err)
	}
	if err := stdin.Close(); err != nil {
		t.Error(err)
	}
	if rest, _ := io.ReadAll(lines); len(rest) > 0 {
		t.Errorf("printed after the end: %q", rest)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the session: %v", err)
	}
	if _, err := os.Stat(trap); err == nil {
		t.Error("the session ran what came in after its answer")
	}
	known, err := ParseFacts(output, "N1")
	if err != nil {
		t.Fatal(err)
	}
	return known
}

func TestProbeHere(t *testing.T) {
	for _, s := range shells(t) {
		t.Run(s.name, func(t *testing.T) {
			f := host{shell: s, env: []string{"PATH=" + os.Getenv("PATH"), "SHELL=/bin/my", "HOME=/nonexistent"}}.
				ask(t, Query{Target: true, BuildHost: true})
			name, _ := os.Hostname()
			if f.System.HostName != name || f.System.Kernel != "Linux" || f.System.Machine == "" {
				t.Errorf("uname: %+v", f.System)
			}
			if f.Root() != (os.Getuid() == 0) || f.Login.Shell != "/bin/my" || f.Login.Path != os.Getenv("PATH") || f.Noise != "" {
				t.Errorf("login: %+v, noise %q", f.Login, f.Noise)
			}
			if f.Clock.IsZero() || len(f.System.BootID) != 36 {
				t.Errorf("clock %v, boot %q", f.Clock, f.System.BootID)
			}
			if own, _ := os.Readlink("/proc/self/ns/pid"); own == "" || f.System.PIDSpace != own {
				t.Errorf("the space of processes is %q, not %q", f.System.PIDSpace, own)
			}
			if tmp, ok := f.Space("/tmp"); !ok || tmp.TotalKiB == 0 || tmp.Mount == "" {
				t.Errorf("spaces: %+v", f.Spaces)
			}
		})
	}
}

func TestProbeNobody(t *testing.T) {
	for _, s := range shells(t) {
		t.Run(s.name, func(t *testing.T) {
			f := host{shell: s, env: []string{"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent"}, nobody: true}.ask(t, Query{Target: true})
			if f.Root() || f.Login.UID == "" || f.System.HostName == "" {
				t.Errorf("%+v", f)
			}
		})
	}
}

// TestProbeBareEnvironment has a login without a PATH: the programs are then not in it, but the facts come all the
// same.
func TestProbeBareEnvironment(t *testing.T) {
	for _, s := range shells(t) {
		for _, env := range [][]string{{"PATH="}, {"PATH=/nonexistent", "IFS=u", "CDPATH=/", "ENV=/dev/full"}} {
			f := host{shell: s, env: env}.ask(t, Query{Target: true})
			if f.Login.UID == "" || f.System.HostName == "" || f.Nix.Store != "" {
				t.Errorf("%s, %q: %+v", s.name, env, f)
			}
		}
	}
}

// TestProbeHostileEnvironment has functions that bash takes from its environment, and a login shell that prints.
func TestProbeHostileEnvironment(t *testing.T) {
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "nonce=x", "target=x", "IFS=/"}
	for _, name := range []string{"printf", "command", "read", "id", "uname", "df", "sudo", "nix", "wait", "date"} {
		env = append(env, "BASH_FUNC_"+name+"%%=() { echo shell=/forged; }")
	}
	for _, s := range shells(t) {
		f := host{shell: s, env: env, before: "\nnixhop-begin-\nshell=/forged\nnixhop-end-N\n"}.ask(t, Query{Target: true})
		if f.Login.UID == "" || f.System.HostName == "" || f.Login.Shell == "/forged" {
			t.Errorf("%s: %+v", s.name, f)
		}
		if want := `\nnixhop-begin-\nshell=/forged\nnixhop-end-N\n`; f.Noise != want {
			t.Errorf("%s: noise %q", s.name, f.Noise)
		}
	}
}

// TestProbeWithoutPrograms has a host on which nothing can be run at all.
func TestProbeWithoutPrograms(t *testing.T) {
	for _, s := range shells(t)[:1] {
		h := host{shell: s, env: []string{"PATH=", "SHELL=/bin/sh"}, script: func(script string) string {
			return replaceAll(t, script, map[string]string{"PATH=${PATH:+$PATH:}": "PATH=/nonexistent #"})
		}}
		f := h.ask(t, Query{Target: true, BuildHost: true})
		if f.Login.Shell != "/bin/sh" || f.System.HostName != "" || f.Login.UID != "" {
			t.Errorf("%s: %+v", s.name, f)
		}
	}
}

// TestProbeNixElsewhere is NixOS/nix#1078: Nix is there, but not for a non-interactive login.
func TestProbeNixElsewhere(t *testing.T) {
	n := newNixOS(t)
	n.write("run/current-system/sw/bin/nix-store", "#!/bin/sh\necho nix-store '(Nix)' 2.11.1\n")
	f := host{shell: shells(t)[0], env: []string{"PATH="}, script: func(script string) string {
		return replaceAll(t, script, map[string]string{"/run/current-system/sw/bin": n.root + "/run/current-system/sw/bin"})
	}}.ask(t, Query{})
	if f.Nix.Store != "" || f.Nix.Elsewhere != n.root+"/run/current-system/sw/bin" {
		t.Errorf("%+v", f.Nix)
	}
}

func TestProbeScriptQuotes(t *testing.T) {
	script := ProbeScript("N1", Query{Target: true, Wanted: 12, Profile: "a'b; reboot"})
	want := "nonce=N1\nprofile='/nix/var/nix/profiles/system-profiles/a'\\''b; reboot'\nwanted=12\nruns=/run/nixhop\ntarget=1\nbuild=0\nrun0=0\nsudo_options=''\n"
	if !strings.HasPrefix(script, want) {
		t.Errorf("head %q, want %q", script[:len(want)], want)
	}
	if !strings.Contains(ProbeScript("N1", Query{Profile: "system"}), "profile=/nix/var/nix/profiles/system\n") {
		t.Error("the profile system is not at its own place")
	}
	if lines := strings.Split(script, "\n"); slices.Contains(lines, EndMarker("N1")) || strings.Contains(script, beginMarker("N1")) {
		t.Error("an echo of the script would be taken for an answer")
	}
}

// same compares two values that print.
func same[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n%+v\nwant\n%+v", what, got, want)
	}
}
