package ssh

import (
	"context"
	"errors"
	"io/fs"
	"nixhop/nixexec"
	"os"
	"sync"
	"syscall"
	"time"
)

// Close ends the connection: it releases the lifeline, asks the master to exit, and ends its process where it does
// not answer. It needs no network and takes a few seconds at most; SIGINT and SIGQUIT are dropped meanwhile. The
// socket and the log are removed, the directory is not. A connection that is shared with an earlier Master is left
// to that. Closing again does nothing.
func (m *Master) Close() {
	m.mu.Lock()
	held, closed := m.held, m.closed
	m.held, m.closed = nil, true
	m.mu.Unlock()
	if closed {
		return
	}
	defer nixexec.DropKeyboard()()
	var released sync.WaitGroup
	if held != nil {
		released.Go(func() { _ = held.Release() })
	}
	m.asked.Wait()
	if m.socket != "" {
		m.exit()
		_ = os.Remove(m.socket) // one that a killed master left
	}
	released.Wait()
	_ = os.Remove(m.options.logFile())
}

// exit makes the master end.
func (m *Master) exit() {
	_, err := m.control(context.Background(), "exit")
	if err == nil && m.gone() {
		return
	}
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return // nobody listens at the socket any more: its process has ended, and the id may be another's
	}
	if m.pid > 0 {
		_ = syscall.Kill(m.pid, syscall.SIGTERM)
		if !m.gone() {
			_ = syscall.Kill(m.pid, syscall.SIGKILL)
		}
	}
}

// gone waits, for a second at most, until the master has ended: the last thing it does is to remove its socket.
// Its process id would not tell, as that of an ended process stays where the first process collects none.
func (m *Master) gone() bool {
	for range 100 {
		if _, err := os.Lstat(m.socket); errors.Is(err, fs.ErrNotExist) {
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}
