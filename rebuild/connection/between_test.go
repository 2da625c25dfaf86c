package connection

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nixhop/nixexec"
	"nixhop/nixexec/ssh"
	"nixhop/rebuild/facts"
	"nixhop/sshcfg"
)

// shellsHere are the programs that can be a /bin/sh and are installed: dash of Debian, bash of NixOS, busybox of small
// systems.
func shellsHere(t *testing.T) []string {
	t.Helper()
	var found []string
	for _, name := range []string{"dash", "bash", "busybox"} {
		path, err := nixexec.LookPath(name)
		if err != nil {
			t.Logf("%v: not tried", err)
			continue
		}
		found = append(found, path)
	}
	return found
}

// answeringSSH is a directory with an ssh that knows what some hosts answer.
func answeringSSH(t *testing.T, answers map[string]string) string {
	t.Helper()
	const asked = "-o BatchMode=yes -o ConnectTimeout=4 -o ConnectionAttempts=1 -- "
	script := "#!/bin/sh\ncase \"$*\" in\n"
	for host, answer := range answers {
		options := ""
		if port, behind, found := strings.Cut(host, " "); found {
			options, host = "-p "+port+" ", behind
		}
		script += "'" + options + asked + host + " '*) " + answer + " ;;\n"
	}
	script += "*) echo \"unexpected: $*\" >&2; exit 99 ;;\nesac\n"
	bin := t.TempDir()
	written(t, filepath.Join(bin, "ssh"), script)
	return bin
}

// What counts is which machine answers there, and as whom it lets one log in, not what its name is on the build host.
func TestReachScript(t *testing.T) {
	bin := answeringSSH(t, map[string]string{
		"web":                 "echo 'ssh: Could not resolve hostname web: Name or service not known' >&2; exit 255",
		"22 root@192.0.2.7":   "printf 'Welcome\\nboot-1\\nweb\\n0\\n'",
		"22 deploy@192.0.2.7": "printf 'boot-1\\nweb\\n1000\\n'",
		"other":               "printf 'boot-2\\nother\\n0\\n'",
		"cloned":              "printf 'boot-1\\nsibling\\n0\\n'",
	})
	for _, c := range []struct {
		ways []string
		want string
	}{
		{[]string{"web", "", "root@192.0.2.7", "22"}, "way=1\n"},
		{[]string{"other", "", "root@192.0.2.7", "22"}, "way=1\n"},
		{[]string{"root@192.0.2.7", "22", "web", ""}, "way=0\n"},
		{[]string{"web", ""}, "said=ssh says: ssh: Could not resolve hostname web: Name or service not known\n"},
		{[]string{"other", ""}, "said=the host of that name there is another one\n"},
		{[]string{"other", "", "web", ""}, "said=the host of that name there is another one\n"},
		{[]string{"cloned", ""}, "said=the host of that name there is another one\n"},
		{[]string{"web", "", "deploy@192.0.2.7", "22"}, "said=it logs in there as another user\n"},
	} {
		for _, shell := range shellsHere(t) {
			cmd := exec.Command(shell)
			cmd.Args = slices.Concat([]string{"sh", "-s", "--"}, c.ways)
			cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
			cmd.Stdin = strings.NewReader("boot_id=boot-1\nnode=web\nuid=0\n" + reachScript)
			out, err := cmd.CombinedOutput()
			if err != nil || string(out) != c.want {
				t.Errorf("%s %q: %v %q, want %q", shell, c.ways, err, out, c.want)
			}
		}
	}
}

// A build host without ssh says so by its status.
func TestReachScriptWithoutSSH(t *testing.T) {
	for _, shell := range shellsHere(t) {
		cmd := exec.Command(shell)
		cmd.Args = []string{"sh", "-s", "--", "web", ""}
		cmd.Env = []string{"PATH=" + t.TempDir()}
		cmd.Stdin = strings.NewReader("boot_id=boot-1\nnode=web\nuid=0\n" + reachScript)
		if out, err := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != 127 || len(out) > 0 {
			t.Errorf("%s: %v %q", shell, err, out)
		}
	}
}

// The question reaches the build host over the connection that is open, and as the text that a /bin/sh there reads.
func TestAskReach(t *testing.T) {
	bin := t.TempDir()
	words := filepath.Join(bin, "words")
	written(t, filepath.Join(bin, "ssh"), "#!/bin/sh\nprintf '%s\\n' \"$*\" >"+nixexec.Quote(words)+"\nhead -n 3\n")
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	target := facts.Host{Login: facts.Login{UID: "1000"}, System: facts.System{BootID: "boot-1", HostName: "it's"}}
	ways := []sshcfg.Host{{Name: "web"}, {User: "root", Name: "192.0.2.7", Port: 222}}
	out, err := AskReach(bounded(t), ssh.MasterOptions{Host: "big", Dir: bin}, ways, target)
	if want := "boot_id=boot-1\nnode='it'\\''s'\nuid=1000\n"; err != nil || out != want {
		t.Errorf("%v: got %q, want %q", err, out, want)
	}
	called, err := os.ReadFile(words)
	if err != nil {
		t.Fatal(err)
	}
	want := "-- big /bin/sh -s -- web '' root@192.0.2.7 222\n"
	if !strings.HasSuffix(string(called), want) || !strings.Contains(string(called), "ControlPath="+bin) {
		t.Errorf("ssh got %q", called)
	}
}
