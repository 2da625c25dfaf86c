// Package terminal runs a program of a test in the foreground of a terminal of its own, and loses nothing that it
// prints.
package terminal

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"

	"github.com/creack/pty"
)

// leader is the session's first process. Where that ends, Linux hangs the terminal up and throws away what nobody has
// read yet, so it outlives the program: it tells the program's process id and status on descriptor 4, and ends with
// descriptor 3. It catches the signals of the keyboard instead of ignoring them, for the program would do that, too.
const leader = `trap : INT QUIT TERM HUP
exec 5>&2 2>/dev/null
/bin/sh -c 'echo $$ >&4; exec 2>&5 3<&- 4>&- 5>&-; exec "$@"' sh "$@"
status=$?
exec 0<&- 1>&- 5>&-
echo $status >&4
read -r end <&3`

// Leads reports whether the words of a process are those of a session's first one, which is no program of a test.
func Leads(argv string) bool { return strings.Contains(argv, leader) }

// Terminal is this side of the terminal: what is read was printed there, until the program and all that it has started
// have closed their side (Linux says EIO then), and what is written is typed.
type Terminal struct {
	*os.File
	// Pid is the process id of the program.
	Pid int

	first *exec.Cmd
	tells *bufio.Reader
	pipes [2]*os.File // to the leader, and from it
}

// Start starts a command whose standard input, output and error are to be a new terminal of the given size; nil: the
// system's. It must have no extra files. Close must be called.
func Start(cmd *exec.Cmd, size *pty.Winsize) (*Terminal, error) {
	ours, theirs, err := pty.Open()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	t := &Terminal{File: ours, first: cmd}
	if size != nil {
		err = pty.Setsize(theirs, size)
	}
	if err == nil {
		err = t.start(theirs)
	}
	if err != nil {
		t.Close()
		return nil, err
	}
	return t, nil
}

func (t *Terminal) start(theirs *os.File) error {
	ends, hold, err := os.Pipe()
	if err != nil {
		return err
	}
	defer ends.Close()
	t.pipes[0] = hold
	told, tells, err := os.Pipe()
	if err != nil {
		return err
	}
	defer tells.Close()
	t.pipes[1], t.tells = told, bufio.NewReader(told)
	cmd := t.first
	if cmd.Err != nil {
		return cmd.Err
	}
	cmd.Args = append([]string{"sh", "-c", leader, "sh", cmd.Path}, cmd.Args[1:]...)
	cmd.Path = "/bin/sh"
	cmd.Stdin, cmd.Stdout, cmd.Stderr = theirs, theirs, theirs
	cmd.ExtraFiles = []*os.File{ends, tells}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	t.Pid, err = t.told()
	return err
}

// told is the next number that the leader tells.
func (t *Terminal) told() (int, error) {
	line, err := t.tells.ReadString('\n')
	if err != nil {
		return 0, fmt.Errorf("the terminal's first process has ended: %w", err)
	}
	return strconv.Atoi(strings.TrimSpace(line))
}

// Wait waits for the end of the program and returns its exit status, or 128 and the number of the signal that has ended
// it; -1 where the whole session was ended. It may be called once.
func (t *Terminal) Wait() int {
	status, err := t.told()
	if err != nil {
		return -1
	}
	return status
}

// Close ends the session, which hangs the terminal up for those who still have it open, and closes this side.
func (t *Terminal) Close() error {
	for _, pipe := range t.pipes {
		if pipe != nil {
			pipe.Close()
		}
	}
	err := t.File.Close()
	if t.first.Process != nil {
		_ = t.first.Process.Kill()
		_ = t.first.Wait()
	}
	return err
}
