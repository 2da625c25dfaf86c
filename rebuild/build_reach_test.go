package rebuild

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nixhop/nixexec"
	"nixhop/sshcfg"
)

func TestBuildReachWords(t *testing.T) {
	for word, want := range map[string]string{
		"web":                "ssh -o BatchMode=yes -o ConnectTimeout=5 -o ConnectionAttempts=1 -- web true",
		"root@web":           "ssh -o BatchMode=yes -o ConnectTimeout=5 -o ConnectionAttempts=1 -- root@web true",
		"ssh://root@web:222": "ssh -o BatchMode=yes -o ConnectTimeout=5 -o ConnectionAttempts=1 -p 222 -- root@web true",
	} {
		host, err := sshcfg.ParseHost(word)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(ReachWords(host), " "); got != want {
			t.Errorf("%s: got %q, want %q", word, got, want)
		}
	}
}

func TestBuildReach(t *testing.T) {
	const what = `it does not reach "web" by itself: what it builds is copied through this machine`
	for _, tt := range []struct {
		name string
		err  error
		why  string
	}{
		{"no name", &nixexec.ExitError{Program: "ssh", Code: 255, Stderr: "ssh: Could not resolve hostname web: Name or service not known\r\n"},
			`asked for "web" there, ssh says "ssh: Could not resolve hostname web: Name or service not known"`},
		{"denied, in red", &nixexec.ExitError{Program: "ssh", Code: 255, Stderr: "\x1b[31mweb: Permission denied (publickey).\n"},
			`asked for "web" there, ssh says "web: Permission denied (publickey)."`},
		{"no ssh", &nixexec.ExitError{Program: "ssh", Code: 127, Stderr: "sh: ssh: not found\n"}, "there is no ssh on the build host"},
		{"too slow", fmt.Errorf("stopping: %w", context.DeadlineExceeded), "the build host gave no answer in time"},
		{"something else", errors.New("no pipe"), "the build host could not be asked: no pipe"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sameFindings(t, CheckReach("big", "web", tt.err), Finding{Name: "build-host", Severity: Note, What: what, Why: tt.why}, "big")
		})
	}
	sameFindings(t, CheckReach("big", "web", nil), Finding{}, "big")
}

// The question reaches the build host as words of its login shell, over the connection that is open.
func TestBuildReachAsk(t *testing.T) {
	bin := t.TempDir()
	script := "#!/bin/sh\nprintf '%s\\n' \"$*\" >" + nixexec.Quote(filepath.Join(bin, "words")) + "\necho 'web: Permission denied (publickey).' >&2\nexit 255\n"
	if err := os.WriteFile(filepath.Join(bin, "ssh"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	found := CheckReach("big", "web", AskReach(context.Background(), nixexec.MasterOptions{Host: "big", Dir: bin}, sshcfg.Host{Name: "web"}))
	if len(found) != 1 || found[0].Why != `asked for "web" there, ssh says "web: Permission denied (publickey)."` {
		t.Errorf("got %+v", found)
	}
	words, err := os.ReadFile(filepath.Join(bin, "words"))
	if err != nil {
		t.Fatal(err)
	}
	want := "-- big ssh -o BatchMode=yes -o ConnectTimeout=5 -o ConnectionAttempts=1 -- web true\n"
	if !strings.HasSuffix(string(words), want) || !strings.Contains(string(words), "ControlPath="+bin) {
		t.Errorf("ssh got %q", words)
	}
}
