package standin

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"nixhop/nixexec/ssh"
)

// Fingerprints of the key that every host shows, and of the one that every user has.
const (
	hostKey = "SHA256:G5U3UvBTY7X3KKHE1+e1p80p0ciaVEukyq46k5utuJE"
	userKey = "SHA256:ee/3o3I49P4XIgP/iiJfAYKlq1CtDNxqz/VyeRyGWKg"
)

// connect goes to the host, and tells the log on the way there: nil where the host does not let this login in.
// What stands in the log is taken from logs of OpenSSH 9.2 (testdata/ssh_log).
func (s *sshCall) connect(log io.Writer) *Place {
	name, port := s.means["hostname"], s.means["port"]
	h, found := s.there()
	if !found {
		fmt.Fprintf(log, "ssh: Could not resolve hostname %s: Name or service not known\n", name)
		return nil
	}
	fmt.Fprintf(log, "debug1: Connecting to %s [%s] port %s.\n", name, name, port)
	down := h.knob("down", "")
	switch down {
	case "off":
		fmt.Fprintf(log, "debug1: connect to address %s port %s: Connection refused\n", name, port)
		fmt.Fprintf(log, "ssh: connect to host %s port %s: Connection refused\n", name, port)
		return nil
	case "silent":
		fmt.Fprintf(log, "debug1: connect to address %s port %s: Connection timed out\n", name, port)
		fmt.Fprintf(log, "ssh: connect to host %s port %s: Connection timed out\n", name, port)
		return nil
	}
	fmt.Fprintln(log, "debug1: Connection established.")
	fmt.Fprintf(log, "debug1: Authenticating to %s:%s as '%s'\n", name, port, s.means["user"])
	fmt.Fprintf(log, "debug1: Server host key: ssh-ed25519 %s\n", h.knob("key", hostKey))
	if s.means["hostkeyalias"] == ssh.LostConnection { // it has no file with keys
		fmt.Fprintf(log, "No ED25519 host key is known for %s and you have requested strict checking.\n", ssh.LostConnection)
		fmt.Fprintln(log, "Host key verification failed.")
		return nil
	}
	if down == "key-changed" {
		fmt.Fprintf(log, keyChanged, knownHosts(s), knownHosts(s), name)
		return nil
	}
	if down == "key-unknown" && !s.accept(h, log) {
		fmt.Fprintln(log, "Host key verification failed.")
		return nil
	}
	fmt.Fprint(log, "debug1: SSH2_MSG_NEWKEYS sent\ndebug1: SSH2_MSG_NEWKEYS received\n")
	fmt.Fprintln(log, "debug1: SSH2_MSG_SERVICE_ACCEPT received")
	return s.logIn(h, log)
}

// logIn offers the keys that the config names.
func (s *sshCall) logIn(h *Place, log io.Writer) *Place {
	user, name := s.means["user"], s.means["hostname"]
	fmt.Fprintln(log, "debug1: Authentications that can continue: publickey")
	fmt.Fprintln(log, "debug1: Next authentication method: publickey")
	fmt.Fprintf(log, "debug1: Offering public key: %s ED25519 %s explicit\n", s.means["identityfile"], userKey)
	if h.knob("down", "") == "denied" || h.knob("login", "root") != user {
		fmt.Fprintln(log, "debug1: Authentications that can continue: publickey")
		fmt.Fprintln(log, "debug1: No more authentication methods to try.")
		fmt.Fprintf(log, "%s@%s: Permission denied (publickey).\n", user, name)
		return nil
	}
	fmt.Fprintf(log, "Authenticated to %s ([%s]:%s) using \"publickey\".\n", name, name, s.means["port"])
	if h.knob("forced", "") != "" {
		fmt.Fprintln(log, "debug1: Remote: /root/.ssh/authorized_keys:1: key options: command")
	}
	return h
}

// knownHosts is the first file with keys of hosts.
func knownHosts(s *sshCall) string {
	path, _, _ := strings.Cut(s.means["userknownhostsfile"], " ")
	return path
}

// keyChanged is what ssh says of a host that shows another key.
const keyChanged = `@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
Someone could be eavesdropping on you right now (man-in-the-middle attack)!
It is also possible that a host key has just been changed.
The fingerprint for the ED25519 key sent by the remote host is
` + hostKey + `.
Please contact your system administrator.
Add correct host key in %s to get rid of this message.
Offending ED25519 key in %s:1
Host key for %s has changed and you have requested strict checking.
Host key verification failed.
`

// keyUnknown is what ssh asks about a host that was never seen.
const keyUnknown = `The authenticity of host '%s (%s)' can't be established.
ED25519 key fingerprint is %s.
This key is not known by any other names.
Are you sure you want to continue connecting (yes/no/[fingerprint])? `

// accept takes the key of a host that was never seen: for accept-new, or when somebody types yes. It is known then.
func (s *sshCall) accept(h *Place, log io.Writer) bool {
	name := s.means["hostname"]
	accepted := s.acceptNew
	if !accepted && s.ask {
		accepted = askYes(fmt.Sprintf(keyUnknown, name, name, hostKey))
	}
	if !accepted {
		return false
	}
	fmt.Fprintf(log, "Warning: Permanently added '%s' (ED25519) to the list of known hosts.\n", name)
	return h.Set("down", "") == nil
}

// askYes asks on the terminal, if there is one.
func askYes(question string) bool {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return false
	}
	defer tty.Close()
	fmt.Fprint(tty, question)
	line, _ := bufio.NewReader(tty).ReadString('\n')
	return strings.TrimSpace(line) == "yes"
}
