package inventory

import (
	"path/filepath"
	"strconv"
	"strings"

	"nixhop/nixexec"
)

// flagKeywords are the flags of ssh that an inventory may give it, by the keywords of ssh_config that they stand for.
var flagKeywords = map[string]string{"-p": "port", "-l": "user", "-i": "identityfile", "-J": "proxyjump"}

// valued are the flags of ssh that take a value (ssh(1) of OpenSSH 10).
const valued = "BbcDEeFIiJLlmOoPpQRSWw"

// reach takes the options of ssh that a node has: who logs in and at which port, where it does not say so otherwise,
// and lines of ssh configuration. What else ssh is told, of host keys above all, is not taken.
func (n *Node) reach(options []string) {
	for len(options) > 0 {
		words, keyword, value := option(options)
		options = options[len(words):]
		port, err := strconv.Atoi(value)
		switch {
		case nixexec.Printable(value) != value || value == "" || strings.HasPrefix(value, "-"):
			n.unknown = append(n.unknown, sshOption(words))
		case keyword == "port" && err == nil && port > 0 && port < 1<<16:
			if n.Port == 0 {
				n.Port = port
			}
		case keyword == "user":
			if n.User == "" {
				n.User = value
			}
		case keyword == "proxyjump" && !strings.ContainsAny(value, " \t\""):
			n.SSH = append(n.SSH, "proxyjump "+value)
		case keyword == "identityfile" && !strings.Contains(value, `"`) && (filepath.IsAbs(value) || strings.HasPrefix(value, "~/")):
			n.SSH = append(n.SSH, `identityfile "`+value+`"`)
		default:
			n.unknown = append(n.unknown, sshOption(words))
		}
	}
}

// option is the first of some options of ssh: its words, its keyword in ssh_config, in small letters, and the value of
// that. keyword is empty where it is none of those that are taken.
func option(options []string) (words []string, keyword, value string) {
	first := options[0]
	flag := first[:min(2, len(first))]
	words = options[:1]
	takes := len(flag) == 2 && flag[0] == '-' && strings.Contains(valued, flag[1:])
	if value = first[len(flag):]; value == "" && len(options) > 1 && takes {
		words, value = options[:2], options[1]
	}
	if flag == "-o" {
		keyword, value, _ = strings.Cut(value, "=")
		if value == "" {
			keyword, value, _ = strings.Cut(keyword, " ")
		}
		return words, strings.ToLower(strings.TrimSpace(keyword)), strings.TrimSpace(value)
	}
	return words, flagKeywords[flag], value
}

// sshOption is an option of ssh in a note.
func sshOption(words []string) string {
	return "the ssh option " + strconv.Quote(strings.Join(words, " "))
}
