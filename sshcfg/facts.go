package sshcfg

import (
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// debugFact is one kind of debug line and what it tells.
type debugFact struct {
	pattern *regexp.Regexp
	take    func(f *Failure, m []string)
}

// debugFacts are in the words of OpenSSH 7 to 9 (sshconnect.c, sshconnect2.c, ssh.c).
var debugFacts = []debugFact{
	{regexp.MustCompile(`^Connecting to (\S+) \[.*\] port (\d+)\.`), func(f *Failure, m []string) { f.Host, f.Port = m[1], number(m[2]) }},
	{regexp.MustCompile(`^Setting implicit ProxyCommand from ProxyJump: ssh (.*)$`), func(f *Failure, m []string) { f.Jump = jumpName(m[1]) }},
	{regexp.MustCompile(`^Executing proxy command: exec (.*)$`), proxyFact},
	{regexp.MustCompile(`^Authenticating to (\S+):(\d+) as '(.*)'$`), func(f *Failure, m []string) {
		f.Host, f.Port, f.User = m[1], number(m[2]), m[3]
		if f.KeyName == "" {
			f.KeyName = knownName(f.Host, f.Port)
		}
	}},
	{regexp.MustCompile(`^using hostkeyalias: (\S+)$`), func(f *Failure, m []string) { f.KeyName = m[1] }},
	{regexp.MustCompile(`^Server host (?:key|certificate): (\S+) ([^\s,]+)`), func(f *Failure, m []string) { f.Key = HostKey{m[1], m[2]} }},
	{regexp.MustCompile(`^get_agent_identities: agent returned (\d+) keys?$`), func(f *Failure, m []string) { f.Agent = Agent{Answered: true, Keys: number(m[1])} }},
	{regexp.MustCompile(`^(?:get_agent_identities: )?ssh_fetch_identitylist: (.*)$`), func(f *Failure, m []string) {
		f.Agent = Agent{Answered: true}
		if m[1] != "agent contains no identities" {
			f.Agent = Agent{Text: m[1]}
		}
	}},
	{regexp.MustCompile(`^(?:[a-z_]+: )?ssh_get_authentication_socket: (.*)$`), func(f *Failure, m []string) { f.Agent = Agent{Text: m[1]} }},
	{regexp.MustCompile(`^Authentications that can continue: (\S+)$`), func(f *Failure, m []string) { f.Methods = strings.Split(m[1], ",") }},
	{regexp.MustCompile(`^Offering (?:\S+ )?public key: (\S+) (SHA256:\S+) (/.*)$`), func(f *Failure, m []string) {
		f.Offered = append(f.Offered, OfferedKey{Path: m[3], Type: m[1], Fingerprint: m[2]})
	}},
	{regexp.MustCompile(`^Offering (?:\S+ )?public key: (.*) (\S+) ((?:SHA256|MD5):\S+)(.*)$`), func(f *Failure, m []string) {
		agent := slices.Contains(strings.Fields(m[4]), "agent")
		f.Offered = append(f.Offered, OfferedKey{Path: m[1], Type: m[2], Fingerprint: m[3], Agent: agent})
	}},
	{regexp.MustCompile(`^Server accepts key: .*((?:SHA256|MD5):\S+)`), func(f *Failure, m []string) {
		for i, key := range f.Offered {
			if key.Fingerprint == m[1] {
				f.Offered[i].Accepted = true
			}
		}
	}},
}

// keyProblem is how ssh complains about a key that it cannot use.
var keyProblem = regexp.MustCompile(`^(?:sign_and_send_pubkey: |Load key |Permissions \S+ for .* are too open|no such identity: |.*: agent refused operation)`)

// facts collects what the log says beside the failure itself.
func (r sshLog) facts() Failure {
	var f Failure
	for _, l := range r.debug {
		for _, fact := range debugFacts {
			if m := fact.pattern.FindStringSubmatch(l); m != nil {
				fact.take(&f, m)
				break
			}
		}
	}
	for _, l := range r.lines {
		if keyProblem.MatchString(l) && !slices.Contains(f.Problems, l) {
			f.Problems = append(f.Problems, l)
		}
	}
	return f
}

// knownName is the name of a host in known_hosts files.
func knownName(host string, port int) string {
	if port == 22 || port == 0 {
		return host
	}
	return "[" + host + "]:" + strconv.Itoa(port)
}

// jumpName rebuilds a ProxyJump value from the words of the ssh command that OpenSSH makes of it:
// -l USER -p PORT -J EARLIER,JUMPS -F CONFIG -W '[%h]:%p' HOST.
func jumpName(command string) string {
	words := strings.Fields(command)
	if len(words) == 0 {
		return ""
	}
	host, earlier := words[len(words)-1], ""
	for i, word := range words[:len(words)-1] {
		switch next := words[i+1]; word {
		case "-l":
			host = next + "@" + host
		case "-p":
			host += ":" + next
		case "-J":
			earlier = next + ","
		}
	}
	return earlier + host
}

// proxyTarget is the -W argument of the command that ssh makes of a ProxyJump: where the jump host shall connect to.
var proxyTarget = regexp.MustCompile(` -W '?(\[[^\]]*\]:\d+)'? `)

// proxyFact reads a proxy command: of a jump, where it leads; of the user's own, itself.
func proxyFact(f *Failure, m []string) {
	if f.Jump == "" {
		f.Proxy = m[1]
		return
	}
	target := proxyTarget.FindStringSubmatch(m[1])
	if target == nil {
		return
	}
	host, port, err := net.SplitHostPort(target[1])
	if err == nil {
		f.Host, f.Port = host, number(port)
	}
}
