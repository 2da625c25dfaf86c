package standin

import (
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// sshStatus is what ssh ends with where the connection failed, not the command.
const sshStatus = 255

// sshCall is a command line of ssh.
type sshCall struct {
	*call
	options    []string // for ssh -G
	background bool     // -f
	verbose    bool     // -v
	request    string   // -O
	log        string   // -E
	socket     string   // the first -S or, without one, the first ControlPath
	ask        bool     // it may ask on the terminal
	acceptNew  bool
	host       string
	words      []string
	means      map[string]string // what ssh -G says
}

// withValue are ssh's flags that take a value (ssh(1)).
const withValue = "BbcDEeFIiJLlmOopPQRSWw"

// ssh does what ssh does.
func (c *call) ssh() int {
	c.name = "ssh"
	s := &sshCall{call: c, ask: true}
	if err := s.parse(c.args); err != nil {
		return c.fail("%v", err)
	}
	c.record(s.request != "" || looks(strings.Join(s.words, " ")))
	if err := s.understand(); err != nil {
		fmt.Fprint(os.Stderr, err)
		return sshStatus
	}
	switch {
	case s.request != "":
		return s.control()
	case s.background:
		return s.open()
	}
	return s.session()
}

// looks reports whether a command line on a host changes nothing: a script without an argument that is a store path,
// the trial of a password, or the question which host it is.
func looks(words string) bool {
	script := strings.Contains(words, "/bin/sh -s") && !strings.Contains(words, "/nix/store/")
	return script || words == "cat" || strings.HasSuffix(words, " true") || strings.Contains(words, "boot_id")
}

// parse reads the command line. As in ssh, the first value of an option counts.
func (s *sshCall) parse(args []string) error {
	for len(args) > 0 && strings.HasPrefix(args[0], "-") && args[0] != "--" {
		flag, rest := args[0][1:2], args[0][2:]
		args = args[1:]
		if !strings.Contains(withValue, flag) {
			for _, letter := range flag + rest {
				s.background = s.background || letter == 'f'
				s.verbose = s.verbose || letter == 'v'
			}
			continue
		}
		if rest == "" && len(args) == 0 {
			return fmt.Errorf("ssh: option requires an argument -- %s", flag)
		}
		if rest == "" {
			rest, args = args[0], args[1:]
		}
		s.option(flag, rest)
	}
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		return errors.New("usage: ssh [options] destination [command [argument ...]]")
	}
	s.host, s.words = args[0], args[1:]
	if len(s.words) > 0 && s.words[0] == "--" {
		s.words = s.words[1:]
	}
	return nil
}

// option takes an option with a value.
func (s *sshCall) option(flag, value string) {
	switch flag {
	case "O":
		s.request = value
	case "E":
		s.log = value
	case "S":
		s.socket = value
	default:
		s.options = append(s.options, "-"+flag, value)
	}
	switch keyword, argument, _ := strings.Cut(value, "="); {
	case flag != "o":
	case keyword == "ControlPath" && s.socket == "":
		s.socket = argument
	case value == "BatchMode=yes":
		s.ask = false
	case value == "StrictHostKeyChecking=accept-new":
		s.acceptNew = true
	}
}

// understand asks the real ssh what the host means, and gives the socket its name. On a host there is no such ssh,
// and a name stands for itself.
func (s *sshCall) understand() error {
	user, name, found := strings.Cut(s.host, "@")
	if !found {
		user, name = "root", s.host
	}
	s.means = map[string]string{"user": user, "hostname": name, "port": "22"}
	if s.place.Name == "" && (s.request == "" || strings.Contains(s.socket, "%C")) {
		words := append(append([]string{"-G", "-o", "LogLevel=ERROR"}, s.options...), "--", s.host)
		cmd := exec.Command(filepath.Join(s.place.World.Dir, systemDir, "ssh"), words...)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			return errors.New("") // it has said why
		}
		for line := range strings.Lines(string(out)) {
			keyword, value, _ := strings.Cut(strings.TrimSpace(line), " ")
			s.means[keyword] = value
		}
	}
	if path := s.means["controlpath"]; s.socket == "" && path != "" {
		s.socket = filepath.Join(filepath.Dir(path), "%C") // which ssh -G has filled in
	}
	sum := sha1.Sum([]byte(s.means["hostname"] + s.means["port"] + s.means["user"] + s.means["proxyjump"]))
	s.socket = strings.ReplaceAll(s.socket, "%C", hex.EncodeToString(sum[:]))
	return nil
}

// there finds the host that ssh would come to. A host itself finds only those that it was told to reach.
func (s *sshCall) there() (*Place, bool) {
	if s.place.Name != "" && !slices.Contains(strings.Fields(s.place.knob("reaches", "")), s.means["hostname"]) {
		return nil, false
	}
	hosts, _ := os.ReadDir(filepath.Join(s.place.World.Dir, hostsDir))
	for _, entry := range hosts {
		h := s.place.World.Host(entry.Name())
		if h.knob("address", h.Name) == s.means["hostname"] {
			return h, true
		}
	}
	return nil, false
}
