package standin

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// systemdRun is systemd-run: a unit runs a program, apart from the session that started it. Only root may do that
// here.
func (c *call) systemdRun() int {
	c.record(slices.Contains(c.args, ":")) // which does nothing
	var files [2]string
	unit, env := "run-1234", []string{"USER=root"}
	words := c.args
	for len(words) > 0 && strings.HasPrefix(words[0], "-") {
		word := words[0]
		words = words[1:]
		if (word == "-E" || word == "-p") && len(words) > 0 {
			word += words[0]
			words = words[1:]
		}
		name, text, _ := strings.Cut(word, "=")
		switch name {
		case "--unit":
			unit = text
		case "-pStandardOutput":
			files[0] = strings.TrimPrefix(text, "append:")
		case "-pStandardError":
			files[1] = strings.TrimPrefix(text, "append:")
		}
		if strings.HasPrefix(word, "-E") && text != "" {
			env = append(env, strings.TrimPrefix(word, "-E"))
		}
	}
	if !c.root() && c.place.knob("run0", "") != "free" {
		return c.fail("Failed to start transient service unit: Interactive authentication required.")
	}
	return c.runUnit(unit, words, env, files)
}

// runUnit runs the program of a unit, and waits for its end.
func (c *call) runUnit(unit string, words, env []string, files [2]string) int {
	state := filepath.Join(c.place.Dir, "units", unit+".service")
	if _, err := os.Stat(state); err == nil {
		return c.fail("Failed to start transient service unit: Unit %s.service was already loaded.", unit)
	}
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "GORACE=" + os.Getenv("GORACE"), "GOCOVERDIR=" + os.Getenv("GOCOVERDIR")}, env...)
	if slices.Contains(c.args, "--pipe") {
		cmd.Stdin = os.Stdin
	}
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	for i, path := range files {
		if path == "" {
			continue
		}
		file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			return c.fail("%v", err)
		}
		defer file.Close()
		if i == 0 {
			cmd.Stdout = file
		} else {
			cmd.Stderr = file
		}
	}
	if err := os.WriteFile(state, []byte("loaded active running "+strings.Join(words, " ")+"\n"), 0o644); err != nil {
		return c.fail("%v", err)
	}
	err := cmd.Run()
	_ = os.Remove(state)
	if c.place.knob("cut", "") == "end" {
		_ = c.place.Set("cut", "")
		c.cutLink()
	}
	return status(err)
}

// pkill is pkill -INT -f -- PATTERN: it ends a nix-store by what it was called for.
func (c *call) pkill() int {
	c.record(false)
	pattern, err := regexp.Compile(c.args[len(c.args)-1])
	if err != nil || len(c.args) != 4 || c.args[0] != "-INT" {
		return c.fail("usage: pkill -INT -f -- PATTERN")
	}
	found := 1
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range lines {
		text, _ := os.ReadFile(path)
		words := strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00")
		if filepath.Base(words[0]) != "nix-store" || !pattern.MatchString(strings.Join(words, " ")) {
			continue
		}
		id, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err == nil && syscall.Kill(id, syscall.SIGINT) == nil {
			found = 0
		}
	}
	return found
}

// AwaitIdle waits until no unit runs on the host any more, and reports whether it came to that in time.
func (h *Place) AwaitIdle(patience time.Duration) bool {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if units, err := os.ReadDir(filepath.Join(h.Dir, "units")); err == nil && len(units) == 0 {
			return true
		}
	}
	return false
}
