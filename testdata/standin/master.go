package standin

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// masterProgram is the process behind a control socket: `ssh-master SOCKET LOG`, with the socket as its file 3.
const masterProgram = "ssh-master"

// Bounds of a master's life, whatever becomes of the test.
const (
	masterTime = 2 * time.Minute
	masterLook = 200 * time.Millisecond
)

// What is said over a control socket: a line, and the answer in a line. A session holds its connection until it
// ends, or the master does.
const (
	sayCheck   = "check"
	sayExit    = "exit"
	sayCut     = "cut"
	saySession = "session"
)

// open opens a connection that sessions share, and leaves the process behind it.
func (s *sshCall) open() int {
	log := io.Writer(os.Stderr)
	if s.log != "" {
		file, err := os.OpenFile(s.log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return s.fail("Couldn't open logfile %s: %v", s.log, err)
		}
		defer file.Close()
		log = file
	}
	h := s.connect(log)
	if h == nil {
		return sshStatus
	}
	if err := s.leaveMaster(h); err != nil {
		fmt.Fprintln(log, err)
		return sshStatus
	}
	return 0
}

// leaveMaster makes the socket and starts the master, in a session of its own.
func (s *sshCall) leaveMaster(h *Place) error {
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: s.socket, Net: "unix"})
	if err != nil {
		return fmt.Errorf("unix_listener: cannot bind to path: %w", err)
	}
	listener.SetUnlinkOnClose(false)
	defer listener.Close()
	file, err := listener.File()
	if err != nil {
		return err
	}
	defer file.Close()
	name := filepath.Base(filepath.Dir(s.socket)) + "-" + filepath.Base(s.socket) // two names of a host may have one %C
	if err := replaceLink(s.socket, filepath.Join(h.Dir, "links", name)); err != nil {
		return err
	}
	h.happened("connection")
	cmd := exec.Command(filepath.Join(s.place.Dir, binDir, masterProgram), s.socket, s.log)
	cmd.ExtraFiles = []*os.File{file}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return cmd.Start()
}

// master answers at a control socket until it is told to exit. It ends, too, when the socket or the world goes away.
func (c *call) master() int {
	if len(c.args) != 2 {
		return c.fail("usage: %s SOCKET LOG", masterProgram)
	}
	socket := c.args[0]
	listener, err := net.FileListener(os.NewFile(3, socket))
	if err != nil {
		return c.fail("%v", err)
	}
	go func() {
		for end := time.Now().Add(masterTime); time.Now().Before(end); time.Sleep(masterLook) {
			_, noSocket := os.Stat(socket)
			_, noWorld := os.Stat(c.place.Dir)
			if noSocket != nil || noWorld != nil {
				break
			}
		}
		os.Exit(0)
	}()
	for {
		client, err := listener.Accept()
		if err != nil {
			return 1
		}
		go c.answer(client, socket)
	}
}

// answer does what a client of the control socket asks for.
func (c *call) answer(client net.Conn, socket string) {
	defer client.Close()
	line, _ := bufio.NewReader(client).ReadString('\n')
	word, command, _ := strings.Cut(strings.TrimSpace(line), " ")
	switch word {
	case sayCheck:
		fmt.Fprintln(client, os.Getpid())
	case sayExit, sayCut:
		_ = os.Remove(socket)
		fmt.Fprintln(client, "ok")
		os.Exit(0)
	case saySession:
		c.logCommand(command)
		fmt.Fprintln(client, "ok")
		_, _ = io.Copy(io.Discard, client)
	}
}

// logCommand has the log say what a session is for, as that of a master does.
func (c *call) logCommand(command string) {
	if file, err := os.OpenFile(c.args[1], os.O_APPEND|os.O_WRONLY, 0o600); err == nil {
		fmt.Fprintf(file, "debug1: Sending command: %s\n", command)
		file.Close()
	}
}

// say says something to the master at a socket and returns its answer. The connection stays open until it is closed.
func say(socket, text string) (net.Conn, string, error) {
	client, err := net.DialTimeout("unix", socket, 5*time.Second)
	if err != nil {
		return nil, "", err
	}
	fmt.Fprintln(client, text)
	answer, err := bufio.NewReader(client).ReadString('\n')
	if err != nil {
		client.Close()
		return nil, "", err
	}
	return client, strings.TrimSpace(answer), nil
}

// control is ssh -O.
func (s *sshCall) control() int {
	client, answer, err := say(s.socket, s.request)
	if err != nil {
		reason := error(syscall.ENOENT)
		if errors.Is(err, syscall.ECONNREFUSED) {
			reason = syscall.ECONNREFUSED
		}
		fmt.Fprintf(os.Stderr, "Control socket connect(%s): %v\n", s.socket, reason)
		return sshStatus
	}
	client.Close()
	switch s.request {
	case sayCheck:
		fmt.Fprintf(os.Stderr, "Master running (pid=%s)\n", answer)
	case sayExit:
		fmt.Fprintln(os.Stderr, "Exit request sent.")
	}
	return 0
}

// Files of a place: what its sessions have shown since an activation began, and the last line that it has printed.
const (
	shownFile = "shown"
	lastFile  = "last-line"
)

// cutLink cuts every connection to the host that it is called on, as soon as what an activation has printed was shown:
// it goes through several pipes.
func (c *call) cutLink() int {
	last, _ := os.ReadFile(filepath.Join(c.place.Dir, lastFile))
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		shown, _ := os.ReadFile(filepath.Join(c.place.Dir, shownFile))
		if bytes.Contains(shown, last) {
			break
		}
	}
	c.place.CutLinks()
	return 0
}

// CutLinks cuts every connection to the host.
func (h *Place) CutLinks() {
	links, _ := filepath.Glob(filepath.Join(h.Dir, "links", "*"))
	for _, path := range links {
		socket, err := os.Readlink(path)
		if err == nil {
			if client, _, err := say(socket, sayCut); err == nil {
				_, _ = io.Copy(io.Discard, client) // until its process has ended
				client.Close()
			}
		}
		_ = os.Remove(path)
	}
}
