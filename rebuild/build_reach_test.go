package rebuild

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"nixhop/nixexec"
	"nixhop/rebuild/check"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/report"
	"nixhop/sshcfg"
)

func TestWaysBetween(t *testing.T) {
	e := sshcfg.Endpoint{User: "root", HostName: "192.0.2.7", Port: 22}
	jump := e
	jump.ProxyJump = "bastion"
	proxy := e
	proxy.ProxyCommand = "cloudflared"
	six := e
	six.HostName = "2001:db8::7"
	for _, c := range []struct {
		word string
		e    sshcfg.Endpoint
		want string
	}{
		{"web", e, "web:0 root@192.0.2.7:22"},
		{"deploy@web", e, "deploy@web:0 root@192.0.2.7:22"},
		{"ssh://web:222", e, "web:222 root@192.0.2.7:22"},
		{"root@192.0.2.7", e, "root@192.0.2.7:0"},
		{"192.0.2.7", e, "192.0.2.7:0 root@192.0.2.7:22"},
		{"web", jump, "web:0"},
		{"web", proxy, "web:0"},
		{"web", six, "web:0"},
	} {
		host, err := sshcfg.ParseHost(c.word)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, way := range WaysBetween(host, c.e) {
			got = append(got, fmt.Sprintf("%s:%d", way, way.Port))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: got %q, want %q", c.word, got, c.want)
		}
	}
}

func TestCheckReach(t *testing.T) {
	const what = `it does not reach "web" by itself: what it builds is copied through this machine`
	ways := []sshcfg.Host{{Name: "web"}, {User: "root", Name: "192.0.2.7", Port: 22}}
	for _, tt := range []struct {
		name string
		out  string
		err  error
		way  int // -1: none
		why  string
	}{
		{"the first way", "way=0\n", nil, 0, ""},
		{"the second way", "way=1\n", nil, 1, ""},
		{"a way that was not offered", "way=2\n", nil, -1, `asked for "web" there, 2`},
		{"a negative one", "way=-1\n", nil, -1, `asked for "web" there, -1`},
		{"denied, in red", "said=ssh says: \x1b[31mweb: Permission denied (publickey).\r\n", nil, -1,
			`asked for "web" there, ssh says: web: Permission denied (publickey).`},
		{"no end of it", "said=" + strings.Repeat("x", 1<<20), nil, -1, `asked for "web" there, ` + strings.Repeat("x", facts.ShownBytes)},
		{"nothing", "", nil, -1, `asked for "web" there, `},
		{"no ssh", "", &nixexec.ExitError{Program: "ssh", Code: 127}, -1, "there is no ssh on the build host"},
		{"too slow", "", fmt.Errorf("stopping: %w", context.DeadlineExceeded), -1, "the build host gave no answer in time"},
		{"something else", "", errors.New("no pipe"), -1, "the build host could not be asked: no pipe"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			way, found := check.CheckReach("big", "web", ways, tt.out, tt.err)
			if tt.way >= 0 {
				if way == nil || *way != ways[tt.way] {
					t.Errorf("got %+v", way)
				}
				sameFindings(t, found, report.Finding{}, "big")
				return
			}
			if way != nil {
				t.Errorf("got %+v", way)
			}
			sameFindings(t, found, report.Finding{Name: "build-host", Severity: report.Note, What: what, Why: tt.why}, "big")
		})
	}
}

// TestReachScript: what counts is which machine answers there, and as whom it lets one log in, not what its name is on the build host.
func TestReachScript(t *testing.T) {
	answers := map[string]string{
		"web":                    "echo 'ssh: Could not resolve hostname web: Name or service not known' >&2; exit 255",
		"-p 22 root@192.0.2.7":   "printf 'Welcome\\nboot-1\\nweb\\n0\\n'",
		"-p 22 deploy@192.0.2.7": "printf 'boot-1\\nweb\\n1000\\n'",
		"other":                  "printf 'boot-2\\nother\\n0\\n'",
		"cloned":                 "printf 'boot-1\\nsibling\\n0\\n'",
	}
	bin := t.TempDir()
	script := "#!/bin/sh\ncase \"$*\" in\n"
	for words, answer := range answers {
		options, host := "", words
		if before, after, found := strings.Cut(words, " root@"); found {
			options, host = before+" ", "root@"+after
		} else if before, after, found := strings.Cut(words, " deploy@"); found {
			options, host = before+" ", "deploy@"+after
		}
		script += "'" + options + "-o BatchMode=yes -o ConnectTimeout=4 -o ConnectionAttempts=1 -- " + host + " '*) " + answer + " ;;\n"
	}
	script += "*) echo \"unexpected: $*\" >&2; exit 99 ;;\nesac\n"
	if err := os.WriteFile(filepath.Join(bin, "ssh"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		ways []string
		want string
	}{
		{[]string{"web", "", "root@192.0.2.7", "22"}, "way=1\n"},
		{[]string{"other", "", "root@192.0.2.7", "22"}, "way=1\n"},
		{[]string{"web", ""}, "said=ssh says: ssh: Could not resolve hostname web: Name or service not known\n"},
		{[]string{"other", ""}, "said=the host of that name there is another one\n"},
		{[]string{"cloned", ""}, "said=the host of that name there is another one\n"},
		{[]string{"web", "", "deploy@192.0.2.7", "22"}, "said=it logs in there as another user\n"},
	} {
		for _, shell := range shells(t) {
			cmd := exec.Command(shell.program)
			cmd.Args = slices.Concat(shell.args, []string{"--"}, c.ways)
			cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
			cmd.Stdin = strings.NewReader("boot_id=boot-1\nnode=web\nuid=0\n" + reachScript)
			out, err := cmd.CombinedOutput()
			if err != nil || string(out) != c.want {
				t.Errorf("%s %q: %v %q, want %q", shell.name, c.ways, err, out, c.want)
			}
		}
	}
}

// The question reaches the build host over the connection that is open, and as the text that a /bin/sh there reads.
func TestAskReach(t *testing.T) {
	bin := t.TempDir()
	script := "#!/bin/sh\nprintf '%s\\n' \"$*\" >" + nixexec.Quote(filepath.Join(bin, "words")) + "\nhead -n 3\n"
	if err := os.WriteFile(filepath.Join(bin, "ssh"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	known := facts.Facts{Login: facts.Login{UID: "1000"}, System: facts.System{BootID: "boot-1", HostName: "it's"}}
	out, err := AskReach(t.Context(), nixexec.MasterOptions{Host: "big", Dir: bin}, []sshcfg.Host{{Name: "web"}, {User: "root", Name: "192.0.2.7", Port: 222}}, known)
	if want := "boot_id=boot-1\nnode='it'\\''s'\nuid=1000\n"; err != nil || out != want {
		t.Errorf("%v: got %q, want %q", err, out, want)
	}
	words, err := os.ReadFile(filepath.Join(bin, "words"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "-- big /bin/sh -s -- web '' root@192.0.2.7 222\n"; !strings.HasSuffix(string(words), want) || !strings.Contains(string(words), "ControlPath="+bin) {
		t.Errorf("ssh got %q", words)
	}
}

// Only where the build host itself says that its copy has failed is there another way to try.
func TestCopyFailedThere(t *testing.T) {
	at := func(step string, err error) error { return &stepError{Step: plan.Step{Name: step}, Err: err} }
	said := &nixexec.ExitError{Program: "ssh", Code: 1}
	there := &sshcfg.Host{Name: "web"}
	built := map[string]string{"toplevel": "/nix/store/t"}
	for _, c := range []struct {
		what    string
		between *sshcfg.Host
		results map[string]string
		err     error
		want    bool
	}{
		{"its copy", there, built, at("copy", said), true},
		{"the copy through here", nil, built, at("copy", said), false},
		{"the copy of the derivation", there, nil, at("copy", said), false},
		{"the build", there, nil, at("build", said), false},
		{"the activation", there, built, at("activate", said), false},
		{"the link to it", there, built, at("copy", &nixexec.ExitError{Program: "ssh", Code: 255}), false},
		{"the user", there, built, at("copy", &nixexec.InterruptedError{Signal: syscall.SIGINT, Err: said}), false},
		{"nothing", there, built, nil, false},
	} {
		d := &deployment{job: plan.Job{Between: c.between}}
		if got := d.copyFailedThere(c.results, c.err); got != c.want {
			t.Errorf("%s: %t", c.what, got)
		}
	}
}
