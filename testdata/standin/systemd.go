package standin

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// systemdRun is systemd-run: a unit runs a program, apart from the session that started it. Only root may do that here.
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
	if !c.root() {
		return c.fail("Failed to start transient service unit: Interactive authentication required.")
	}
	return c.runUnit(unit, words, env, files)
}

// runUnit runs the program of a unit, and waits for its end.
func (c *call) runUnit(unit string, words, env []string, files [2]string) int {
	state := filepath.Join(c.place.Dir, "units", unit+".service")
	if _, err := os.Stat(state); err == nil {
		return c.fail("Failed to start transient service unit: Unit %s.service was already loaded or has a fragment file.", unit)
	}
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "GORACE=" + os.Getenv("GORACE")}, env...)
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
