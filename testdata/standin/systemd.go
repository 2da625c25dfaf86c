package standin

import (
	"errors"
	"fmt"
	"io/fs"
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
	if os.Getenv(loadedUnit) == "" {
		tail := c.args[max(len(c.args)-2, 0):]
		c.record(slices.Contains(c.args, ":") || slices.Equal(tail, []string{"/bin/sh", "-s"})) // a look
	}
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
	if !slices.Contains(c.args, "--wait") {
		return c.leaveUnit(unit, words)
	}
	return c.runUnit(unit, words, env, files)
}

// leaveUnit has another systemd-run run the unit, and does not wait for its end.
func (c *call) leaveUnit(unit string, words []string) int {
	if err := c.load(unit, words); err != nil {
		return c.fail("%v", err)
	}
	cmd := exec.Command(filepath.Join(c.place.Dir, binDir, c.name), append([]string{"--wait"}, c.args...)...)
	cmd.Env = append(os.Environ(), loadedUnit+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return c.fail("%v", err)
	}
	return 0
}

// loadedUnit is set for a systemd-run whose unit is loaded already.
const loadedUnit = "STANDIN_LOADED_UNIT"

// unitFile is there as long as a unit runs.
func (c *call) unitFile(unit string) string {
	return filepath.Join(c.place.Dir, "units", unit+".service")
}

// transient is where systemd keeps the file of such a unit.
func transient(unit string) string { return "run/systemd/transient/" + unit + ".service" }

// load makes a unit, of which there is one of a name.
func (c *call) load(unit string, words []string) error {
	file, err := os.OpenFile(c.unitFile(unit), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("Failed to start transient service unit: Unit %s.service was already loaded.", unit)
	}
	if err != nil {
		return err
	}
	_, err = file.WriteString("loaded active running " + strings.Join(words, " ") + "\n")
	return errors.Join(err, file.Close(), c.place.write(transient(unit), "[Service]\n"))
}

// runUnit runs the program of a unit, and waits for its end.
func (c *call) runUnit(unit string, words, env []string, files [2]string) int {
	if os.Getenv(loadedUnit) == "" {
		if err := c.load(unit, words); err != nil {
			return c.fail("%v", err)
		}
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
	err := cmd.Run()
	_ = os.Remove(filepath.Join(c.place.Root(), transient(unit)))
	_ = os.Remove(c.unitFile(unit))
	if c.place.knob("cut", "") == "end" {
		_ = c.place.Set("cut", "")
		c.cutLink()
	}
	return status(err)
}

// pgrep is pgrep -f -- PATTERN: it finds each nix-store by what it was called for.
func (c *call) pgrep() int {
	pattern, err := regexp.Compile(c.args[len(c.args)-1])
	if err != nil || len(c.args) != 3 || c.args[0] != "-f" {
		return c.fail("usage: pgrep -f -- PATTERN")
	}
	found := c.place.stores(pattern)
	for _, id := range found {
		fmt.Println(id)
	}
	if len(found) == 0 {
		return 1
	}
	return 0
}

// stores are the processes of nix-store on the host whose command line matches.
func (h *Place) stores(pattern *regexp.Regexp) (ids []int) {
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range lines {
		text, _ := os.ReadFile(path)
		words := strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00")
		line := strings.Join(words, " ")
		if filepath.Base(words[0]) != "nix-store" || !strings.Contains(line, h.Root()) || !pattern.MatchString(line) {
			continue
		}
		if id, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// AwaitBuilds waits until so many builds run on the host, and reports whether it came to that in time.
func (h *Place) AwaitBuilds(n int, patience time.Duration) bool {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if len(h.builds()) == n {
			return true
		}
	}
	return false
}

// EndBuilds ends all builds on the host.
func (h *Place) EndBuilds() {
	for _, id := range h.builds() {
		_ = syscall.Kill(id, syscall.SIGTERM)
	}
}

func (h *Place) builds() []int {
	return h.stores(regexp.MustCompile("--realise "))
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
