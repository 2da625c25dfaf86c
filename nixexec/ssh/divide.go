package ssh

import (
	"fmt"
	"nixhop/nixexec"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// UserOptions are the user's own options of ssh, divided by where they can stand.
type UserOptions struct {
	Words  []string // for an argv and for NIX_SSHOPTS
	Lines  []string // of an ssh config that ssh reads before any other, in their order
	Config string   // the file of -F; empty: none was named
}

// DivideOptions divides what SplitOptions has read. Nix before 2.26 splits NIX_SSHOPTS at every space (NixOS/nix#5181),
// and a nixos-rebuild in bash looks for files that match what it holds: where a word would not cross that, all options
// that ssh reads as lines of a config become such lines, so that the first of a kind is still the one that counts.
func DivideOptions(words []string) (UserOptions, error) {
	var divided UserOptions
	options, err := parseOptions(words)
	if err != nil {
		return divided, err
	}
	options = slices.DeleteFunc(options, func(o option) bool {
		named := o.flag == 'F' && !strings.EqualFold(o.value, "none")
		if named {
			divided.Config = o.value // ssh takes the last
		}
		return named
	})
	moves := slices.ContainsFunc(options, func(o option) bool { return slices.ContainsFunc(o.words(), crossesBadly) })
	for _, o := range options {
		line, isLine := o.line()
		switch {
		case !moves, o.isMissingKey() && !crossesBadly(o.value):
			divided.Words = append(divided.Words, o.words()...)
		case o.isMissingKey(): // ssh leaves it out, and takes a line for it as the only key
		case isLine && slices.Contains(sharingRejected(MasterOptions{}).keywords, o.keyword()):
		case isLine && strings.Contains(line, "\n"):
			return divided, fmt.Errorf("option %q holds a line break", line)
		case isLine && slices.Contains([]string{"host", "match", "include"}, o.keyword()):
			return divided, fmt.Errorf("ssh takes no %q on its command line", o.keyword())
		case isLine:
			divided.Lines = append(divided.Lines, line)
		case slices.ContainsFunc(o.words(), crossesBadly):
			return divided, fmt.Errorf("option -%c %q cannot cross NIX_SSHOPTS, nor stand in an ssh config", o.flag, o.value)
		default:
			divided.Words = append(divided.Words, o.words()...)
		}
	}
	return divided, nil
}

// crossesBadly reports whether a word is another one for somebody who reads NIX_SSHOPTS.
func crossesBadly(word string) bool {
	return word == "" || strings.ContainsAny(word, `'"\*?[`) || strings.ContainsFunc(word, unicode.IsSpace)
}

// asLines are the keywords of the flags that give way to an option of their kind that stands before them, as a line
// does. The others win wherever they stand (ssh.c).
var asLines = map[byte]string{'p': "Port", 'l': "User", 'i': "IdentityFile"}

// onlyLines are the keywords of the flags that become a line only where their value crosses badly.
var onlyLines = map[byte]string{'J': "ProxyJump", 'I': "PKCS11Provider", 'b': "BindAddress", 'B': "BindInterface", 'c': "Ciphers", 'm': "MACs"}

// isMissingKey reports whether the option is a -i that ssh leaves out, for there is no such file.
func (o option) isMissingKey() bool {
	path := o.value
	if rest, found := strings.CutPrefix(path, "~/"); found {
		home, err := os.UserHomeDir()
		if err != nil {
			return false
		}
		path = filepath.Join(home, rest)
	}
	return o.flag == 'i' && !nixexec.Exists(path)
}

// line is the option as a line of an ssh config. The value of -o is one (ssh.c, process_config_line).
func (o option) line() (string, bool) {
	if o.flag == 'o' {
		return o.value, true
	}
	keyword := asLines[o.flag]
	if crossesBadly(o.value) && keyword == "" {
		keyword = onlyLines[o.flag]
	}
	if keyword == "" {
		return "", false
	}
	if o.flag == 'J' {
		return keyword + " " + o.value, true // which takes the rest of the line as it is
	}
	return keyword + ` "` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(o.value) + `"`, true
}
