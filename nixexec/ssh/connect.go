package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"nixhop/nixexec"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"
)

// controlDelay bounds a request to a master over its socket.
const controlDelay = 3 * time.Second

// masterRunning finds the process id in what "ssh -O check" says.
var masterRunning = regexp.MustCompile(`\(pid=(\d+)\)`)

// socketName matches what %C becomes.
var socketName = regexp.MustCompile(`^[0-9a-f]{40}$`)

// Open connects to the host, in the foreground (nixexec.Run), so that ssh itself can ask on the terminal for what it
// needs: a passphrase, a password, the word on a host key, a touch. ssh then stays behind in the background.
// Masters in the same Dir are opened one after another and closed in reverse; where two names lead to one
// connection the later Master shares that of the earlier, which must outlive it.
//
// log is ssh's log at level DEBUG1, on success and on failure: what it says on standard error, including its own
// errors, goes there instead. Standard error proper, which is left with what others than ssh print, is s.Err where
// that is a terminal; else a file whose content is added to log and, but for Batch, also printed to s.Err. Neither
// s.In nor s.Out is used, and nothing that outlives this process has hold of a file of s.
//
// ssh drops what the ssh of a ProxyJump says while it opens a persistent master. When a jump seems to have failed,
// one more connection is tried without asking anything, and what that says stands at the end of log.
//
// The errors are those of nixexec.Run. After any error nothing is left behind. Unlike there every end of ctx ends ssh,
// also that by the keyboard: a Ctrl-C that came before ssh had set itself up for it would be lost.
func Open(ctx context.Context, o MasterOptions, s nixexec.Stdio) (m *Master, log string, err error) {
	if err := nixexec.WithoutCores(); err != nil {
		return nil, "", err
	}
	before, err := sockets(o.Dir)
	if err != nil {
		return nil, "", fmt.Errorf("opening the connection to %q: %w", o.Host, err)
	}
	m = &Master{options: o}
	if len(before) > 0 && m.running(ctx) {
		return m, "", nil
	}
	_ = os.Remove(o.logFile()) // ssh appends
	said, runErr := m.start(ctx, s)
	log = readHead(o.logFile()) + said
	found := m.attach(ctx, before)
	switch {
	case runErr != nil:
		// ssh may have gone to the background at the moment it was interrupted.
		m.Close()
		return nil, log + m.jumpLog(ctx, log), runErr
	case found != nil:
		m.Close()
		return nil, log, found
	}
	return m, log, nil
}

// start runs ssh until it has gone to the background, or failed, and returns what came on standard error.
func (m *Master) start(ctx context.Context, s nixexec.Stdio) (said string, err error) {
	ctx, stop := m.untilLogin(ctx)
	defer stop()
	c := nixexec.Command{Argv: MasterArgv(m.options)}
	if !m.options.Batch && term.IsTerminal(int(s.Err.Fd())) {
		return "", nixexec.RunUntil(ctx, c, nixexec.Stdio{Err: s.Err})
	}
	path := m.options.stderrFile()
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return "", fmt.Errorf("opening the connection to %q: %w", m.options.Host, err)
	}
	defer os.Remove(path)
	defer file.Close()
	err = nixexec.RunUntil(ctx, c, nixexec.Stdio{Err: file})
	said = readHead(path)
	if !m.options.Batch && s.Err != nil {
		_, _ = io.WriteString(s.Err, said)
	}
	return said, err
}

// attach finds the socket that was not there before, and starts to find out the process behind it.
func (m *Master) attach(ctx context.Context, before []string) error {
	after, err := sockets(m.options.Dir)
	if err != nil {
		return fmt.Errorf("opening the connection to %q: %w", m.options.Host, err)
	}
	for _, name := range after {
		if !slices.Contains(before, name) {
			m.socket = filepath.Join(m.options.Dir, name)
		}
	}
	if m.socket == "" {
		return fmt.Errorf("opening the connection to %q: ssh left no control socket in %q", m.options.Host, m.options.Dir)
	}
	// Only Close needs the answer, and only for a master that is deaf by then.
	m.asked.Go(func() {
		said, _ := m.control(ctx, "check")
		if match := masterRunning.FindStringSubmatch(said); match != nil {
			m.pid, _ = strconv.Atoi(match[1])
		}
	})
	return nil
}

// running reports whether the connection to the host exists already.
func (m *Master) running(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, controlDelay)
	defer cancel()
	argv := append([]string{"ssh"}, ConnectionOptions(m.options)...)
	_, err := nixexec.Output(ctx, nixexec.Command{Argv: append(argv, "-O", "check", "--", m.options.Host)})
	return err == nil
}

// Alive reports whether the connection is still there.
func (m *Master) Alive(ctx context.Context) bool { return m.running(ctx) }

// control sends a request to the master over its socket and returns the answer, which ssh prints on standard error.
// No config file is read, as one can make ssh ask the network.
func (m *Master) control(ctx context.Context, request string) (string, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), controlDelay)
	defer cancel()
	argv := []string{"ssh", "-F", "/dev/null", "-o", "ControlPath=" + m.socket, "-O", request, "--", "localhost"}
	_, said, err := nixexec.Background(ctx, nixexec.Command{Argv: argv})
	if err != nil {
		return said, fmt.Errorf("asking ssh's master to %s: %w", request, err)
	}
	return said, nil
}

// jumpLog connects once more, without a terminal, where log tells that the way to the host broke before it was
// reached, and returns what is said then.
func (m *Master) jumpLog(ctx context.Context, log string) string {
	if ctx.Err() != nil || !strings.Contains(log, "UNKNOWN port 65535") {
		return ""
	}
	o := m.options
	o.Batch = true
	argv := append([]string{"ssh", "-o", "ControlPath=none"}, append(common(o, sharingRejected(o)), "-o", "RemoteCommand=none")...)
	argv = append(argv, "--", o.Host, "true")
	ctx, cancel := context.WithTimeout(ctx, o.ConnectTimeout+loginTime)
	defer cancel()
	_, err := nixexec.Output(ctx, nixexec.Command{Argv: argv, Env: []string{"SSH_ASKPASS_REQUIRE=never"}})
	var exit *nixexec.ExitError
	if errors.As(err, &exit) {
		return exit.Stderr
	}
	return ""
}

// sockets returns the names of the control sockets in dir.
func sockets(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		if entry.Type()&fs.ModeSocket != 0 && socketName.MatchString(entry.Name()) {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}

// Batch reports whether the connection was opened without asking anybody.
func (m *Master) Batch() bool { return m.options.Batch }

// Log returns the beginning of what ssh has logged of the connection: how it came about, up to the login.
func (m *Master) Log() string { return readHead(m.options.logFile()) }

// Sent returns the commands that were asked for over the connection so far, by whatever ssh, in their order: what ssh's
// log of it has of them, which is the first 900 bytes of each. None are known where another Master owns the connection.
func (m *Master) Sent() (commands []string) {
	for line := range strings.Lines(readHead(m.options.logFile())) {
		if command, is := strings.CutPrefix(line, sending); is {
			commands = append(commands, strings.TrimRight(command, "\r\n"))
		}
	}
	return commands
}

// sending is in front of a command in the log (openssh: clientloop.c, client_session2_setup).
const sending = "debug1: Sending command: "

// readHead returns the beginning of a file, or what could be read of it.
func readHead(path string) string { return string(nixexec.ReadText(path)) }
