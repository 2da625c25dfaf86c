package sshcfg

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"regexp"
	"slices"
	"strings"

	"nixhop/nixexec"
)

// Needs says whom a login has needed, beside the host.
type Needs int

// Whom it may need. Its zero value is that the log does not tell.
const (
	NeedsUnknown Needs = iota
	NeedsNobody
	NeedsSomebody // for a password, a passphrase or a touch
)

// authenticated is how ssh tells that it is in (sshconnect2.c).
var authenticated = regexp.MustCompile(`^Authenticated to .* using "([a-z-]+)"`)

// LoginNeeds finds out from the log of an ssh that has logged in whether another login the same way takes somebody. A
// key that an agent holds takes nobody, and a file with one takes nobody unless it is encrypted.
func LoginNeeds(log string) Needs {
	r := readLog(log)
	method := ""
	for _, line := range r.lines {
		if m := authenticated.FindStringSubmatch(line); m != nil {
			method = m[1]
		}
	}
	switch method {
	case "none", "hostbased", "gssapi-with-mic", "gssapi-keyex":
		return NeedsNobody
	case "password", "keyboard-interactive":
		return NeedsSomebody
	case "publickey":
	default:
		return NeedsUnknown
	}
	accepted := slices.DeleteFunc(r.facts().Offered, func(k OfferedKey) bool { return !k.Accepted })
	if len(accepted) == 0 {
		return NeedsUnknown
	}
	key := accepted[len(accepted)-1]
	switch {
	case strings.HasSuffix(key.Type, "-SK"):
		return NeedsSomebody
	case key.Agent:
		return NeedsNobody
	}
	return keyNeeds(nixexec.ReadText(key.Path))
}

// keyNeeds is whom a private key needs, by the text of its file (PROTOCOL.key of OpenSSH, RFC 1421, RFC 7468).
func keyNeeds(text []byte) Needs {
	const open, magic = "-----BEGIN OPENSSH PRIVATE KEY-----", "openssh-key-v1\x00"
	_, body, isOpen := bytes.Cut(text, []byte(open))
	switch {
	case !isOpen && !bytes.Contains(text, []byte(" PRIVATE KEY-----")):
		return NeedsUnknown
	case !isOpen && bytes.Contains(text, []byte("ENCRYPTED")):
		return NeedsSomebody
	case !isOpen:
		return NeedsNobody
	}
	body, _, _ = bytes.Cut(body, []byte("-----END"))
	data, err := base64.StdEncoding.DecodeString(string(bytes.Join(bytes.Fields(body), nil)))
	data, found := bytes.CutPrefix(data, []byte(magic))
	if err != nil || !found || len(data) < 4 {
		return NeedsUnknown
	}
	n := binary.BigEndian.Uint32(data)
	if rest := data[4:]; n == 4 && len(rest) >= 4 && string(rest[:4]) == "none" {
		return NeedsNobody
	}
	return NeedsSomebody
}
