package ssh

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"nixhop/nixexec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Master is one ssh connection that others share: OpenSSH's ControlMaster, in the background. Its methods may be
// called from several goroutines.
type Master struct {
	options MasterOptions
	socket  string // the control socket; "" where another Master in the same directory owns the connection
	pid     int    // of the ssh behind the socket, once asked is through; 0: unknown
	asked   sync.WaitGroup

	mu     sync.Mutex
	held   *nixexec.Held
	closed bool
}

// MasterOptions says how to open one connection.
type MasterOptions struct {
	Host           string        // as typed: alias, user@alias or address; it goes to ssh untouched, after "--"
	Dir            string        // directory for the control socket and the log, named by SocketDirName, 0700
	Config         string        // file for ssh's -F, or ""; it replaces a -F in Options
	Options        []string      // the user's own options of ssh, split; where ssh takes the first value, theirs wins
	ConnectTimeout time.Duration // whole seconds, rounded up; 0: what the ssh config says
	AcceptNew      bool          // accept the key of a host that has none on record yet (StrictHostKeyChecking=accept-new)
	Batch          bool          // ask nothing (BatchMode): there is no terminal, or hosts are done in parallel
}

// ConnectionOptions returns the options with which ssh uses the connection that Open opened with the same o, and
// that one alone: where it is gone ssh knows no host key, and so lets no other machine pass for the host, whatever its
// name leads to by then. The user's options stand first and win, but for those that would undo the sharing
// (ControlPath, ControlMaster, ControlPersist, -S, -M), let another machine pass (StrictHostKeyChecking and the files
// of known hosts) or turn a session with a command into something else (-t, -f, -N, -n, RequestTTY, RemoteCommand). A
// RequestTTY, RemoteCommand or port forwarding in the ssh config is switched off for the same reason: ssh refuses a
// command beside a RemoteCommand, and every session would ask for the forwardings again.
func ConnectionOptions(o MasterOptions) []string {
	return append(sessionOptions(o),
		"-o", "HostKeyAlias="+LostConnection, "-o", "StrictHostKeyChecking=yes", "-o", "VerifyHostKeyDNS=no",
		"-o", "UserKnownHostsFile=/dev/null", "-o", "GlobalKnownHostsFile=/dev/null")
}

// LostConnection is the name by which ssh tells that the connection is gone which it was to use: it says that it knows
// no host key for this name.
const LostConnection = "nixhop-lost-connection"

// sessionOptions are those of a session over any connection.
func sessionOptions(o MasterOptions) []string {
	options := common(o, sessionRejected(o))
	return append(options, "-o", "ControlMaster=no", "-o", "RemoteCommand=none", "-o", "RequestTTY=no")
}

// MasterArgv returns the command that Open runs: ssh, which asks what it has to ask, and then goes into the
// background without a session. The log level is an option and never -v, which ssh hands on to the ssh of a
// ProxyJump, whose log would fill the terminal.
func MasterArgv(o MasterOptions) []string {
	argv := append(append([]string{"ssh"}, common(o, masterRejected(o))...), "-f", "-N")
	if o.AcceptNew {
		argv = append(argv, "-o", "StrictHostKeyChecking=accept-new")
	}
	return append(argv,
		"-o", "ControlMaster=yes", "-o", "ControlPersist=15",
		"-o", "LogLevel=DEBUG1", "-E", o.logFile(), "--", o.Host)
}

// common returns what the master and the sessions on it have in common. The same options must lead to the same %C.
func common(o MasterOptions, r rejected) []string {
	var options []string
	if o.Config != "" {
		options = append(options, "-F", o.Config)
	}
	options = append(options, r.without(o.Options)...)
	options = append(options,
		"-o", "ControlPath="+filepath.Join(o.Dir, "%C"),
		"-o", "ClearAllForwardings=yes",
		"-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=4")
	if o.ConnectTimeout > 0 {
		seconds := int(math.Ceil(o.ConnectTimeout.Seconds()))
		options = append(options, "-o", "ConnectTimeout="+strconv.Itoa(seconds))
	}
	if o.Batch {
		options = append(options, "-o", "BatchMode=yes")
	}
	return options
}

// logFile returns the path of the master's log. Several masters may share a directory, so that one NIX_SSHOPTS
// serves the hosts of both a build and a target; the log is named after the host.
func (o MasterOptions) logFile() string {
	return filepath.Join(o.Dir, "log-"+o.fingerprint())
}

// stderrFile returns the path that stands in for standard error where that is no terminal.
func (o MasterOptions) stderrFile() string {
	return filepath.Join(o.Dir, "err-"+o.fingerprint())
}

func (o MasterOptions) fingerprint() string {
	sum := sha256.Sum256([]byte(o.Host))
	return hex.EncodeToString(sum[:4])
}

// Command returns words as a command on the host, over this connection.
func (m *Master) Command(words ...string) nixexec.Command { return SessionCommand(m.options, words...) }

// SessionCommand returns words as a command on the host, over the connection that Open opens with the same o.
// The user's login shell there reads them: each is quoted for a POSIX shell where it has to be, but another shell may
// read a quoted word otherwise. It never asks anything: what there was to ask was asked when the connection was
// opened.
func SessionCommand(o MasterOptions, words ...string) nixexec.Command {
	argv := append(sessionArgv(o), "--", o.Host)
	for _, word := range words {
		argv = append(argv, nixexec.Quote(word))
	}
	return nixexec.Command{Argv: argv}
}

// LoginArgv returns the command that logs in to the host as the user's own ssh would, over a connection of its own:
// with a terminal where there are no words, else for a command that its login shell reads. It asks what it has to ask.
func LoginArgv(o MasterOptions, words ...string) []string {
	argv := []string{"ssh"}
	if o.Config != "" {
		argv = append(argv, "-F", o.Config)
	}
	argv = append(argv, o.Options...)
	if o.ConnectTimeout > 0 {
		argv = append(argv, "-o", "ConnectTimeout="+strconv.Itoa(int(math.Ceil(o.ConnectTimeout.Seconds()))))
	}
	if o.AcceptNew {
		argv = append(argv, "-o", "StrictHostKeyChecking=accept-new")
	}
	if len(words) > 0 {
		argv = append(argv, "-o", "RemoteCommand=none")
	}
	argv = append(argv, "--", o.Host)
	for _, word := range words {
		argv = append(argv, nixexec.Quote(word))
	}
	return argv
}

// ExitArgv returns the command that ends the connection, as Close does.
func ExitArgv(o MasterOptions) []string {
	return append(sessionArgv(o), "-O", "exit", "--", o.Host)
}

// sessionArgv is what a use of the connection begins with, and asks nothing.
func sessionArgv(o MasterOptions) []string {
	argv := append([]string{"ssh"}, ConnectionOptions(o)...)
	if !o.Batch {
		argv = append(argv, "-o", "BatchMode=yes")
	}
	return argv
}

// Script returns script as a command on the host, over this connection: the standard input of a /bin/sh, so that
// no login shell reads it, started through elevate (such as sudo) where that is not empty.
func (m *Master) Script(elevate []string, script string) nixexec.Command {
	words := append(append([]string(nil), elevate...), "/bin/sh", "-s")
	c := m.Command(words...)
	c.Stdin = script
	// A shell that reads its input waits for the end of its last line.
	if !strings.HasSuffix(script, "\n") {
		c.Stdin += "\n"
	}
	return c
}
