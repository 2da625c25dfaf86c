// Package standin lets a test binary be the programs that a deployment takes: ssh, nix, nix-store and
// nixos-rebuild here, and those that a host has. They act on a World, a directory with the files of each host, so
// that whole deployments run without a real host, Nix, sshd or root.
//
// A test binary calls Run first in TestMain. The programs are links to it, in the bin directory of each place of
// the world; by the link that it was called by, a stand-in knows what it is and where.
package standin

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"nixhop/nixexec"
)

// call is a stand-in that was called.
type call struct {
	place *Place
	name  string   // of the program
	args  []string // behind the name
}

// programs are those that are links to the test binary.
func programs() map[string]func(*call) int {
	return map[string]func(*call) int{
		"ssh":            (*call).ssh, // of a host
		"ssh-client":     (*call).ssh, // here, behind ssh.sh
		masterProgram:    (*call).master,
		"cut-link":       (*call).cutLink,
		"nix-command":    (*call).nix,
		"nix-store":      (*call).nixStore,
		daemonProgram:    (*call).nixDaemon,
		"nix-env":        (*call).nixEnv,
		"pgrep":          (*call).pgrep,
		"systemd-run":    (*call).systemdRun,
		"rebuild-bash":   (*call).rebuildBash,
		"rebuild-ng":     (*call).rebuildNG,
		"rebuild-newest": (*call).rebuildNG,
		"nixos-rebuild":  (*call).listGenerations,
	}
}

// executable is what the programs of a world are links to: the test binary, or what STANDIN names, which is ./program.
func executable() (string, error) {
	if path := os.Getenv("STANDIN"); path != "" {
		return path, nil
	}
	return os.Executable()
}

// Run makes this process the program of a World that it was called as, and does not return then. A test binary
// that was called otherwise goes on.
func Run() {
	path, err := exec.LookPath(os.Args[0])
	if err != nil || filepath.Base(filepath.Dir(path)) != binDir {
		return
	}
	place, ok := openPlace(filepath.Dir(filepath.Dir(path)))
	run := programs()[filepath.Base(path)]
	if !ok || run == nil {
		return
	}
	os.Exit(run(&call{place: place, name: filepath.Base(path), args: os.Args[1:]}))
}

// runDirs finds the directories that nixhop makes for one run, here and on a host: what their names end with
// differs from run to run.
var runDirs = regexp.MustCompile(`((?:/tmp|/run/nixhop)/nixhop-|--unit=nixhop-guard-)[0-9]+-[a-z0-9]{8}(?:[.][A-Za-z0-9]{6})?|(/tmp/tmp\.)[A-Za-z0-9]{6,10}`)

// record appends the call to a record of its place, quoted for a shell: that of what changes something, or that of
// what only looks. Of a text of several lines only the first letter is told, and what differs from run to run has
// one name.
func (c *call) record(looks bool) {
	words := []string{c.name}
	for _, word := range c.args {
		if strings.Contains(word, "\n") {
			word = word[:1] + "..."
		}
		words = append(words, nixexec.Quote(c.place.back(word)))
	}
	name := recordFile
	if looks {
		name = "looks"
	}
	c.place.note(name, runDirs.ReplaceAllString(strings.Join(words, " "), "${1}${2}RUN")+"\n")
}

// note appends a text to a file of the place.
func (h *Place) note(name, text string) {
	if text == "" {
		return
	}
	file, err := os.OpenFile(filepath.Join(h.Dir, name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return
	}
	defer file.Close()
	_, _ = file.WriteString(text)
}

// fail prints an error and returns the status 1.
func (c *call) fail(format string, args ...any) int {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	return 1
}

// value returns what follows a flag among words, or "".
func value(words []string, flag string) string {
	for i, word := range words {
		if word == flag && i+1 < len(words) {
			return words[i+1]
		}
	}
	return ""
}
