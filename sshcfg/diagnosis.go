package sshcfg

import (
	"regexp"
	"strconv"
	"strings"
)

// sign is one line by which a failure is known.
type sign struct {
	pattern *regexp.Regexp
	kind    FailureKind
	take    func(f *Failure, m []string) // what else the line tells; may be nil
}

// hostKeySigns are believed only until the host's key is accepted; the first that matches wins.
var hostKeySigns = []sign{
	{regexp.MustCompile(`^(?:@\s+)?WARNING: REVOKED HOST KEY DETECTED|^The \S+ host key for \S+ is marked as revoked`), HostKeyRevoked, nil},
	{regexp.MustCompile(`^Host key \S+ \S+ revoked by file (.+)$`), HostKeyRevoked, func(f *Failure, m []string) { f.File = m[1] }},
	{regexp.MustCompile(`^(?:@\s+)?WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED|^(?:\S+ )?[Hh]ost key for \S+ has changed and you have requested strict`), HostKeyChanged, nil},
	{regexp.MustCompile(`^No (\S+) host key is known for (\S+) and you have requested strict`), HostKeyUnknown, func(f *Failure, m []string) {
		f.KeyName = m[2]
		if f.Key.Type == "" {
			f.Key.Type = m[1]
		}
	}},
	{regexp.MustCompile(`^Host key verification failed`), HostKeyUnknown, nil},
}

// signs are the other failures, the more telling ones first. A line counts from its beginning, for the middle of one
// may be somebody else's text.
var signs = []sign{
	{regexp.MustCompile(`^(?:Received disconnect from .*?|Disconnected from .*?|[^:]*): (?:\d+: )?Too many authentication failures`), TooManyFailures, nil},
	{regexp.MustCompile(`^(?:(.*)@\S+: )?Permission denied \(([^)]*)\)`), Denied, func(f *Failure, m []string) {
		if m[1] != "" {
			f.User = m[1]
		}
		f.Methods = strings.Split(m[2], ",")
	}},
	{regexp.MustCompile(`^(?:ssh: )?Could not resolve hostname (.*): (.*)$`), Unresolved, func(f *Failure, m []string) { f.Host, f.Port = m[1], 0 }},
	{regexp.MustCompile(`^hostname contains invalid characters`), Unresolved, nil},
	{regexp.MustCompile(`^(?:ssh: )?connect to (?:host|address) (\S+) port (\d+): (.*)$`), UnknownFailure, func(f *Failure, m []string) {
		f.Host, f.Port = m[1], number(m[2])
		f.Kind = connectKind(m[3])
	}},
	{regexp.MustCompile(`^Connection timed out during banner exchange`), TimedOut, nil},
	{regexp.MustCompile(`^Connection to (\S+) port (\d+) timed out|^Timeout, server \S+ not responding`), TimedOut, nil},
	{regexp.MustCompile(`^(?:kex|ssh)_exchange_identification: |^Unable to negotiate with |^(?:ssh_dispatch_run_fatal: )?Connection (?:closed|reset) by |^ssh_dispatch_run_fatal: |^Bad remote protocol version|^Protocol major versions differ`), Kex, nil},
}

// classify finds the kind of a failure by the lines of the log.
func (r sshLog) classify(f *Failure) {
	if !r.trusted {
		if r.find(hostKeySigns, f) {
			r.offending(f)
			return
		}
	}
	if r.find(signs, f) {
		if f.Kind == Kex {
			r.banner(f)
		}
		return
	}
	f.Kind = UnknownFailure
	if len(r.lines) > 0 {
		f.Text = r.lines[len(r.lines)-1]
	}
}

// banner adds to the text what the other side said instead of ssh's greeting: a web server's error, or why sshd closed
// (since OpenSSH 9.8, "Not allowed at this time" and "Exceeded MaxStartups").
func (r sshLog) banner(f *Failure) {
	for _, l := range r.debug {
		if said, ok := strings.CutPrefix(l, "kex_exchange_identification: banner line 0: "); ok {
			f.Text += ": " + said
			return
		}
	}
}

// find looks for the first sign that any line shows.
func (r sshLog) find(signs []sign, f *Failure) bool {
	for _, s := range signs {
		for _, l := range r.lines {
			m := s.pattern.FindStringSubmatch(l)
			if m == nil {
				continue
			}
			f.Kind, f.Text = s.kind, strings.Trim(l, "@ ")
			if s.take != nil {
				s.take(f, m)
			}
			return true
		}
	}
	return false
}

// connectKind sorts the words of connect(2)'s errors and of the resolver's, Linux and macOS.
func connectKind(text string) FailureKind {
	switch {
	case strings.Contains(text, "Connection refused"):
		return Refused
	case strings.Contains(text, "timed out"):
		return TimedOut
	case strings.Contains(text, "unreachable"), strings.Contains(text, "No route to host"), strings.Contains(text, "Host is down"):
		return Unreachable
	case strings.Contains(text, "not known"), strings.Contains(text, "name resolution"), strings.Contains(text, "No address associated"):
		return Unresolved
	}
	return UnknownFailure
}

var (
	offendingKey  = regexp.MustCompile(`^Offending (?:\S+ )?key (?:for IP )?in (.+):(\d+)$`)
	changedName   = regexp.MustCompile(`^(?:\S+ )?[Hh]ost key for (\S+) (?:has changed|was revoked|is marked as revoked)`)
	shownKeyType  = regexp.MustCompile(`^The fingerprint for the (\S+) key sent by the remote host is`)
	shownKeyPrint = regexp.MustCompile(`^((?:SHA256:|MD5:)?[0-9A-Za-z+/:=]{20,})\.$`)
)

// offending reads the block that ssh prints about a changed or revoked key. The command that removes a changed one is
// put together here, from file and name: older versions print none, or leave the name unquoted, and [host]:port needs
// quotes.
func (r sshLog) offending(f *Failure) {
	if f.Kind == HostKeyUnknown {
		return
	}
	for _, l := range r.lines {
		if m := offendingKey.FindStringSubmatch(l); m != nil && f.File == "" {
			f.File, f.Line = m[1], number(m[2])
		}
		if m := changedName.FindStringSubmatch(l); m != nil {
			f.KeyName = m[1]
		}
		if m := shownKeyType.FindStringSubmatch(l); m != nil && f.Key.Type == "" {
			f.Key.Type = m[1]
		}
		if m := shownKeyPrint.FindStringSubmatch(l); m != nil && f.Key.Fingerprint == "" {
			f.Key.Fingerprint = m[1]
		}
	}
	if f.Kind == HostKeyChanged && f.File != "" && f.KeyName != "" {
		f.Remove = []string{"ssh-keygen", "-f", f.File, "-R", f.KeyName}
	}
}

// number reads digits; 0 where they are no number that fits.
func number(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}
