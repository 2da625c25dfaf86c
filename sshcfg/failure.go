package sshcfg

import (
	"regexp"
	"slices"
	"strings"
)

// FailureKind says why a connection did not come about.
type FailureKind string

// The reasons, in the order of a connection.
const (
	BadConfig       FailureKind = "bad-config"        // ssh refuses its config: File, Line, Text
	Unresolved      FailureKind = "unresolved"        // the name has no address: Host
	Refused         FailureKind = "refused"           // nothing listens: Host, Port
	TimedOut        FailureKind = "timed-out"         // no answer in time: Host, Port
	Unreachable     FailureKind = "unreachable"       // no way there: Host, Port
	JumpFailed      FailureKind = "jump-failed"       // the way to the host failed: Jump or Proxy, Cause and what that fills in
	Kex             FailureKind = "kex"               // the other side spoke no ssh, or ended the talk before a login: Text
	HostKeyUnknown  FailureKind = "host-key-unknown"  // KeyName, Key
	HostKeyChanged  FailureKind = "host-key-changed"  // KeyName, Key, File, Line, Remove
	HostKeyRevoked  FailureKind = "host-key-revoked"  // KeyName, Key, File, Line: never to be trusted again
	Denied          FailureKind = "denied"            // User, Methods, Offered, Agent, Problems
	TooManyFailures FailureKind = "too-many-failures" // as Denied: more keys were offered than the host lets one try
	UnknownFailure  FailureKind = "unknown"           // Text
)

// Failure is what the log of a failed ssh says, as far as it says it. Everything in it is free of control characters.
type Failure struct {
	Kind FailureKind
	Text string // the line of ssh's that says it

	Host string // the name or address that could not be reached
	Port int    // 0: not said

	Jump  string      // the jump host, "user@host:port", several with commas, where the connection goes over one
	Proxy string      // the ProxyCommand, where the config has one and no ProxyJump
	Cause FailureKind // of JumpFailed: what happened on the way, UnknownFailure where the log does not tell

	KeyName string   // the name under which known_hosts files know the host: host, [host]:port, or its HostKeyAlias
	Key     HostKey  // the key that the host has shown
	File    string   // the file with the offending key, or the broken config
	Line    int      // in File
	Remove  []string // the command that takes the old key out of File

	User     string
	Methods  []string // by which the host lets one log in
	Offered  []OfferedKey
	Agent    Agent
	Problems []string // what ssh said about keys that it could not use
}

// HostKey is the public key of a host.
type HostKey struct {
	Type        string // "ssh-ed25519"; "ED25519" where the log says no more
	Fingerprint string // "SHA256:..."
}

// OfferedKey is a key with which ssh tried to log in.
type OfferedKey struct {
	Path        string // of the private key; a comment for a key that only the agent has
	Type        string // "ED25519"
	Fingerprint string
	Agent       bool // the agent holds it
	Accepted    bool // the host would take it, but ssh could not use it: no passphrase, no touch
}

// Accepted reports whether the host would take one of the keys that were offered.
func (f Failure) Accepted() bool {
	return slices.ContainsFunc(f.Offered, func(k OfferedKey) bool { return k.Accepted })
}

// Agent is what ssh said about the ssh agent.
type Agent struct {
	Answered bool   // there is one
	Keys     int    // that it holds
	Text     string // why it could not be asked; empty where none is configured
}

// Diagnose finds out from the log of an ssh that failed (what it wrote with -E FILE and LogLevel DEBUG1, then its
// standard error) why it did. Without debug lines, or with the wordings of older versions and of macOS, it tells less,
// not wrong. A host can write into the log (its banner, before the login): no host key finding is taken from lines
// that come after the host key was accepted.
func Diagnose(log string) Failure {
	r := readLog(log)
	f := r.facts()
	if r.proxied && !r.answered {
		r.way(&f)
		return f
	}
	r.classify(&f)
	if f.Kind == UnknownFailure && !r.connected {
		if broken, ok := parseConfigError(log); ok {
			f.Kind, f.File, f.Line, f.Text = BadConfig, broken.File, broken.Line, broken.Text
		}
	}
	return f
}

// ShownKey is the key that the host has shown, as the log of an ssh tells that went there; empty: it does not tell.
func ShownKey(log string) HostKey { return readLog(log).facts().Key }

// sshLog is a log, taken apart.
type sshLog struct {
	lines     []string // cleaned, without the debug lines
	debug     []string // the debug lines, without their mark
	connected bool     // ssh had read its config and gone on
	proxied   bool     // over a jump host or a ProxyCommand
	answered  bool     // the host itself has spoken
	trusted   bool     // its key was accepted
}

// logLimit bounds, in bytes, what is read of one line.
const logLimit = 8 << 10

func readLog(log string) sshLog {
	var r sshLog
	for l := range strings.Lines(log) {
		l = clean(l[:min(len(l), logLimit)])
		if l == "" {
			continue
		}
		debug, ok := strings.CutPrefix(l, "debug1: ")
		if !ok {
			r.lines = append(r.lines, l)
			continue
		}
		r.debug = append(r.debug, debug)
		r.connected = r.connected || strings.HasPrefix(debug, "Connecting to ") || strings.HasPrefix(debug, "Executing proxy ")
		r.proxied = r.proxied || strings.HasPrefix(debug, "Executing proxy ")
		r.answered = r.answered || strings.HasPrefix(debug, "Remote protocol version ")
		r.trusted = r.trusted || debug == "SSH2_MSG_NEWKEYS received"
	}
	return r
}

// way explains a connection that did not get through the jump host or ProxyCommand. The ssh that runs on the way
// writes to standard error, so what it said stands among the lines, next to the complaint of this one that nobody
// spoke to it.
func (r sshLog) way(f *Failure) {
	beyond := regexp.MustCompile(`^channel \d+: open failed: (.+)$`)
	way := sshLog{}
	for _, l := range r.lines {
		if m := beyond.FindStringSubmatch(l); m != nil {
			// The jump host itself answered: it is the host behind it that could not be reached.
			f.Kind, f.Text = beyondKind(m[1]), m[1]
			return
		}
		if !closedOnTheWay.MatchString(l) {
			way.lines = append(way.lines, l)
		}
	}
	f.Host, f.Port, f.User = "", 0, ""
	way.classify(f)
	f.Kind, f.Cause = JumpFailed, f.Kind
	if f.Text == "" {
		f.Text = lastLine(strings.Join(r.lines, "\n"))
	}
}

// closedOnTheWay is how ssh tells that its proxy ended without a word.
var closedOnTheWay = regexp.MustCompile(`^(kex_exchange_identification|ssh_exchange_identification): |^Connection (closed by|to) UNKNOWN port 65535`)

// beyondKind sorts what a jump host said about the host behind it ("connect failed: " and the words of its system).
func beyondKind(text string) FailureKind {
	text, connect := strings.CutPrefix(text, "connect failed: ")
	if !connect {
		return JumpFailed // "administratively prohibited: open failed"
	}
	return connectKind(text)
}

// forcedCommand finds what sshd tells of the line of authorized_keys that has let the login in, where that has
// command="..." among its options (auth_log_authopts in OpenSSH's auth.c).
var forcedCommand = regexp.MustCompile(`(?m)^debug1: Remote: (\S+:[0-9]+): key options:(?: \S+)* command(?: |$)`)

// ForcedCommand is the line of authorized_keys, FILE:LINE, by which a login runs one command whatever it asks for; ""
// where the log of its connection tells of none.
func ForcedCommand(log string) string {
	found := forcedCommand.FindStringSubmatch(strings.ReplaceAll(log, "\r", ""))
	if found == nil {
		return ""
	}
	return found[1]
}
