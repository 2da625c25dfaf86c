//go:build lab

package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"nixhop/nixexec"
)

// update writes the texts anew instead of comparing them: go test -tags lab -run TestLab . -args -update
var update = flag.Bool("update", false, "write what the program says into testdata/lab/findings.txtar")

// pinnedFile holds what a user sees in each situation: the command, what it prints, the exit status.
const pinnedFile = "testdata/lab/findings.txtar"

// pinned fails the test unless the program, called with args, ended as the file of pinned texts has it. What differs
// from one run to the next is made the same first (steady).
func (l *lab) pinned(t *testing.T, name string, args []string, r result) {
	t.Helper()
	var words []string
	for _, arg := range args {
		words = append(words, nixexec.Quote(arg))
	}
	text := fmt.Sprintf("$ nixhop %s\n%s", strings.Join(words, " "), r.stdout+r.stderr)
	if r.code != 0 {
		text += fmt.Sprintf("exit status %d\n", r.code)
	}
	got := []byte(l.steady(t, text))
	archive, err := txtar.ParseFile(pinnedFile)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		l.rewrite(t, archive, name, got)
		return
	}
	for _, file := range archive.Files {
		if file.Name == name {
			if !bytes.Equal(file.Data, got) {
				t.Errorf("%s: it says\n%s\nand %s has\n%s", name, got, pinnedFile, file.Data)
			}
			return
		}
	}
	t.Errorf("%s: not in %s; it says\n%s", name, pinnedFile, got)
}

// rewrite puts a text into the file of pinned texts.
func (l *lab) rewrite(t *testing.T, archive *txtar.Archive, name string, text []byte) {
	t.Helper()
	replaced := false
	for i := range archive.Files {
		if archive.Files[i].Name == name {
			archive.Files[i].Data, replaced = text, true
		}
	}
	if !replaced {
		archive.Files = append(archive.Files, txtar.File{Name: name, Data: text})
	}
	if err := os.WriteFile(pinnedFile, txtar.Format(archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

// What differs from one run to the next, and what stands for it.
var unsteady = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`/nix/store/[0-9a-z]{32}-`), "/nix/store/HASH-"},
	{regexp.MustCompile(`SHA256:[0-9A-Za-z+/]{43}`), "SHA256:FINGERPRINT"},
	{regexp.MustCompile(`AAAA[0-9A-Za-z+/=]{20,}`), "AAAA"},
	{regexp.MustCompile(`(port |at line |pid |generation )\d+`), "${1}N"},
	{regexp.MustCompile(`(\S)  +(\S)`), "$1  $2"},   // columns
	{regexp.MustCompile(`(it has: ).+`), "${1}..."}, // grows with the sample flake
	{regexp.MustCompile(` x86_64-v\d-linux`), ""},   // depends on the processor
	{regexp.MustCompile(`\b\d+(\.\d+)? (KiB|MiB|GiB) left`), "FEW left"},
	{regexp.MustCompile(`\d+h\d+m\d+s`), "HOURS"},
	{regexp.MustCompile(`(?m)[ \t]+$`), ""},
	{regexp.MustCompile(`(?m)^INFO nixhop: (?:[a-z-]+ took [0-9hms]+|evaluating the configuration)\n`), ""}, // on a terminal, of what was slow
}

// steady puts fixed words in the place of what is another one in every lab.
func (l *lab) steady(t *testing.T, text string) string {
	t.Helper()
	text = strings.ReplaceAll(text, "\r", "") // a terminal's line ends, and how ssh begins its question
	text = strings.ReplaceAll(text, filepath.Dir(l.dir), "LAB")
	text = regexp.MustCompile(regexp.QuoteMeta(os.TempDir())+`/TestLab[^\s'":]*/\d{3}`).ReplaceAllString(text, "TMP")
	for _, host := range l.hosts {
		address := regexp.QuoteMeta(l.address(t, host))
		text = regexp.MustCompile(`\[`+address+`\]:\d+|\b`+address+`(:\d+)?\b`).ReplaceAllString(text, "ADDRESS-"+host)
	}
	for _, u := range unsteady {
		text = u.pattern.ReplaceAllString(text, u.with)
	}
	return text
}

// finished waits for the end of a program on a terminal, and for all that it has shown.
func (term *onATerminal) finished() result {
	term.t.Helper()
	code := term.wait()
	select {
	case <-term.done:
	case <-time.After(time.Minute):
		term.t.Fatalf("somebody still holds the terminal:\n%s", term.text())
	}
	return result{stderr: term.text(), code: code}
}

// refused runs the program, pins what it says, and fails the test unless it left nothing behind.
func (l *lab) refused(t *testing.T, name, dir string, env []string, args ...string) {
	t.Helper()
	r := l.nixhop(t, dir, l.bare(env), args...)
	l.pinned(t, name, args, r)
	l.noMasterLeft(t)
}

// bare is an environment without the tester's own agent and sudo; later entries win.
func (l *lab) bare(env []string) []string {
	return append([]string{"SSH_AUTH_SOCK=", "SUDO_USER=", "NIX_SSHOPTS=", "NO_COLOR=1"}, env...)
}

// state is what a deployment changes on a host: the running system, the profile and the store.
func (l *lab) state(t *testing.T, host string) string {
	t.Helper()
	return l.ssh(t, host, "readlink /run/current-system; readlink /nix/var/nix/profiles/system; ls /nix/store | cksum")
}

// unchanged fails the test unless f leaves all hosts as they are.
func (l *lab) unchanged(t *testing.T, f func()) {
	t.Helper()
	before := map[string]string{}
	for _, host := range l.hosts {
		before[host] = l.state(t, host)
	}
	f()
	for _, host := range l.hosts {
		if got := l.state(t, host); got != before[host] {
			t.Errorf("%s was changed: it is\n%s\nand was\n%s", host, got, before[host])
		}
	}
}

// config writes an ssh config, the lab's behind it, and returns the environment that names it.
func (l *lab) configured(t *testing.T, lines ...string) []string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config")
	text := strings.Join(lines, "\n") + "\nMatch all\nInclude " + l.config + "\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"NIXHOP_SSH_CONFIG=" + path}
}

// reached are the lines that lead to a host of the lab under a name, without any key to log in by.
func (l *lab) reached(t *testing.T, name, host string, lines ...string) []string {
	t.Helper()
	block := []string{"Host " + name, "HostName " + l.address(t, host), "Port " + l.block(t, host, "Port"), "User root",
		"UserKnownHostsFile " + l.block(t, host, "UserKnownHostsFile"), "GlobalKnownHostsFile /dev/null"}
	return append(block, lines...)
}

// key makes a key pair and returns the path of the private one.
func (l *lab) key(t *testing.T, name, passphrase string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	l.must(t, keygen("-q", "-t", "ed25519", "-N", passphrase, "-C", name, "-f", path))
	return path
}

// ordinary makes hosts run the configurations of their own names, as if they had been booted with them.
func (l *lab) ordinary(t *testing.T, dir string, hosts ...string) {
	t.Helper()
	for _, host := range hosts {
		succeeds(t, l.nixhop(t, dir, l.bare(nil), "switch", host))
		l.ssh(t, host, "ln -sfn $(readlink -f /run/current-system) /run/booted-system")
	}
}

// committed makes a git repository of the sample flake with everything committed: nothing is to be said about it.
func (l *lab) committed(t *testing.T, edits ...string) string {
	t.Helper()
	dir := l.systems(t, edits...)
	l.must(t, git(dir, "-c", "user.name=lab", "-c", "user.email=lab@localhost", "commit", "-qm", "systems"))
	return dir
}
