package ssh

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// descendants returns the processes that pid started, and those that they started.
func descendants(pid int) []int {
	parents := map[int]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		data, err := os.ReadFile(path)
		if err != nil {
			continue // it ended
		}
		var id, parent int
		var state string
		text := string(data)
		_, _ = fmt.Sscan(text, &id)
		// The name of the program may hold anything, blanks and brackets too.
		_, _ = fmt.Sscan(text[strings.LastIndex(text, ")")+1:], &state, &parent)
		parents[id] = parent
	}
	var found []int
	for id := range parents {
		for up := parents[id]; up > 1; up = parents[up] {
			if up == pid {
				found = append(found, id)
				break
			}
		}
	}
	return found
}

// With the other side silent, as behind a dead network, Close still ends the connection.
func TestCloseWithDeadNetwork(t *testing.T) {
	s := startServer(t)
	m := s.open(s.options("web"))
	if _, err := m.Hold(bounded(t), "echo up", "up", 1<<10); err != nil {
		t.Fatal(err)
	}
	silent := descendants(s.pid)
	if len(silent) == 0 {
		t.Fatal("sshd serves nobody")
	}
	for _, pid := range silent {
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
	}
	m.Close()
	if _, err := os.Lstat(m.socket); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
	for _, pid := range silent {
		_ = syscall.Kill(pid, syscall.SIGCONT)
	}
	eventually(t, "the connection is closed", func() bool { return s.ended()+s.count("Received disconnect from 127.0.0.1") > 0 })
}
