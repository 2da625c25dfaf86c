package standin

import (
	"bufio"
	"errors"
	"hash/crc32"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// session runs a command on the host, over the connection at the control socket or, where there is none, over one
// of its own.
func (s *sshCall) session() int {
	var lost chan struct{}
	h, found := s.there()
	link, _, err := say(s.socket, saySession+" "+strings.ReplaceAll(strings.Join(s.words, " "), "\n", " "))
	if err == nil && found {
		lost = make(chan struct{})
		go untilClosed(link, lost)
	} else if h = s.connect(s.sessionLog()); h == nil {
		return sshStatus
	}
	return s.run(h, lost)
}

// sessionLog is where a session says how it gets to the host: what is for debugging only where it is asked for.
func (s *sshCall) sessionLog() io.Writer {
	if file, err := os.OpenFile(s.log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600); err == nil {
		return file
	}
	if s.verbose {
		return os.Stderr
	}
	return plainLog{os.Stderr}
}

// untilClosed tells that the master has ended.
func untilClosed(link net.Conn, lost chan struct{}) {
	_, _ = io.Copy(io.Discard, link)
	close(lost)
}

// plainLog leaves out of ssh's log what it says only for debugging.
type plainLog struct{ to io.Writer }

func (l plainLog) Write(text []byte) (int, error) {
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "debug1: ") && !strings.HasPrefix(line, "Authenticated to ") {
			_, _ = io.WriteString(l.to, line)
		}
	}
	return len(text), nil
}

// run runs the words on the host as the login shell does. Where the link is lost the command goes on, and nobody
// sees it any more.
func (s *sshCall) run(h *Place, lost chan struct{}) int {
	h.happened("session")
	user := s.means["user"]
	words := h.knob("forced", s.place.back(strings.Join(s.words, " ")))
	if far := h.knob("far", ""); words == "cat" && far != "" {
		words = "while read -r line; do sleep " + far + "; echo; done" // a line takes its time
	}
	port := os.Getpid() % 60000
	if lost != nil { // the sessions of a connection have one
		port = int(crc32.ChecksumIEEE([]byte(s.socket)) % 60000)
	}
	cmd := exec.Command("/bin/sh", "-c", h.there(words))
	cmd.Dir = filepath.Join(h.Root(), "root")
	cmd.Env = []string{
		"PATH=" + filepath.Join(h.Dir, binDir) + ":" + filepath.Join(h.World.Dir, toolsDir),
		"HOME=" + cmd.Dir, "SHELL=/bin/sh", "USER=" + user, "LOGNAME=" + user,
		"SSH_CONNECTION=127.0.0.1 " + strconv.Itoa(port) + " 127.0.0.1 22",
		"TMPDIR=" + filepath.Join(h.Root(), "tmp"), "GORACE=" + os.Getenv("GORACE"), "GOCOVERDIR=" + os.Getenv("GOCOVERDIR"),
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	stdin, err1 := cmd.StdinPipe()
	stdout, err2 := cmd.StdoutPipe()
	stderr, err3 := cmd.StderrPipe()
	if err := errors.Join(err1, err2, err3, cmd.Start()); err != nil {
		return s.fail("%v", err)
	}
	go h.sendThere(stdin, os.Stdin)
	done := make(chan struct{}, 2)
	for _, pipe := range [][2]*os.File{{os.Stdout, stdout.(*os.File)}, {os.Stderr, stderr.(*os.File)}} {
		go func() {
			h.bringBack(pipe[0], pipe[1])
			done <- struct{}{}
		}()
	}
	for range 2 {
		select {
		case <-done:
		case <-lost:
			return sshStatus
		case <-time.After(masterTime):
			return sshStatus
		}
	}
	return status(cmd.Wait())
}

// interruptStatus is how a shell tells that SIGINT has ended a program.
const interruptStatus = 128 + int(syscall.SIGINT)

// status is the exit status that an end stands for.
func status(err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGINT:
		return interruptStatus
	case errors.As(err, &exit) && exit.ExitCode() >= 0:
		return exit.ExitCode()
	default:
		return sshStatus
	}
}

// sendThere sends what comes in to the host, line by line, with its paths.
func (h *Place) sendThere(to io.WriteCloser, from io.Reader) {
	defer to.Close()
	lines := bufio.NewReader(from)
	for {
		line, err := lines.ReadString('\n')
		if _, failed := io.WriteString(to, h.there(line)); failed != nil || err != nil {
			return
		}
	}
}

// bringBack brings what the host prints, with the paths as the host knows them. A piece that may be the beginning
// of such a path waits for the next.
func (h *Place) bringBack(to io.Writer, from io.Reader) {
	var kept string
	chunk := make([]byte, 4<<10)
	for {
		n, err := from.Read(chunk)
		text := h.back(kept + string(chunk[:n]))
		kept = ""
		if err == nil {
			kept = beginning(text, h.Root())
		}
		text = strings.TrimSuffix(text, kept)
		_, _ = io.WriteString(to, text)
		h.note(shownFile, text)
		if err != nil {
			return
		}
	}
}

// beginning is the end of a text that a word may begin with.
func beginning(text, word string) string {
	for n := min(len(text), len(word)-1); n > 0; n-- {
		if strings.HasSuffix(text, word[:n]) {
			return word[:n]
		}
	}
	return ""
}
