package ssh

import (
	"fmt"
	"nixhop/nixexec"
	"slices"
	"strings"
	"unicode"
)

// flagsWithValue are the one-letter options of ssh that take a value (ssh(1) of OpenSSH 9.9; a letter that
// an older ssh does not know it refuses itself).
const flagsWithValue = "BbcDEeFIiJLlmOoPpQRSWw"

// option is one option of ssh.
type option struct {
	flag  byte
	value string // for the flags in flagsWithValue
}

// SplitOptions splits NIX_SSHOPTS as a shell does, quotes and backslashes honoured and nothing expanded. It
// fails for a quote that is not closed, an option that lacks its value, and a word that is no option: ssh
// would take that for the host.
func SplitOptions(text string) ([]string, error) {
	words, err := nixexec.SplitWords(text)
	if err != nil {
		return nil, fmt.Errorf("reading NIX_SSHOPTS %q: %w", text, err)
	}
	if _, err := parseOptions(words); err != nil {
		return nil, fmt.Errorf("reading NIX_SSHOPTS %q: %w", text, err)
	}
	return words, nil
}

// OptionsEnv joins options into a value for NIX_SSHOPTS. Nix before 2.26 splits that on white space and knows no
// quotes (NixOS/nix#5181), later ones read it as a shell does: an option that the two would read differently, by
// its white space, quotes or backslashes, is an error and belongs into a file for -F.
func OptionsEnv(options []string) (string, error) {
	for _, option := range options {
		if option == "" || strings.ContainsAny(option, `'"\`) || strings.ContainsFunc(option, unicode.IsSpace) {
			return "", fmt.Errorf("ssh option %q cannot stand in NIX_SSHOPTS, which Nix before 2.26 splits on white space", option)
		}
	}
	return strings.Join(options, " "), nil
}

// parseOptions takes words apart as ssh's getopt does: flags may share a word, and a value may stand in the
// same word or in the next one.
func parseOptions(words []string) ([]option, error) {
	var options []option
	for i := 0; i < len(words); i++ {
		word := words[i]
		if len(word) < 2 || word[0] != '-' || word == "--" {
			return options, fmt.Errorf("%q is not an option of ssh", word)
		}
		for j := 1; j < len(word); j++ {
			if strings.IndexByte(flagsWithValue, word[j]) < 0 {
				options = append(options, option{flag: word[j]})
				continue
			}
			value := word[j+1:]
			if value == "" {
				i++
				if i == len(words) {
					return options, fmt.Errorf("option %q lacks its value", word)
				}
				value = words[i]
			}
			options = append(options, option{flag: word[j], value: value})
			break
		}
	}
	return options, nil
}

// keyword returns the keyword that -o sets, in lower case, or "".
func (o option) keyword() string {
	if o.flag != 'o' {
		return ""
	}
	// As strdelim of OpenSSH's misc.c: one = may stand among the white space, and quotes around the keyword.
	const blanks = " \t\r\n"
	text := strings.TrimLeft(strings.TrimPrefix(strings.TrimLeft(o.value, blanks), "="), blanks)
	if quoted, found := strings.CutPrefix(text, `"`); found {
		text, _, _ = strings.Cut(quoted, `"`)
		return strings.ToLower(text)
	}
	if end := strings.IndexAny(text, blanks+`="`); end >= 0 {
		text = text[:end]
	}
	return strings.ToLower(text)
}

// words returns the option as it stands in an argv.
func (o option) words() []string {
	flag := "-" + string(o.flag)
	if strings.IndexByte(flagsWithValue, o.flag) < 0 {
		return []string{flag}
	}
	return []string{flag, o.value}
}

// rejected says which options of the user do not reach ssh.
type rejected struct {
	flags    string
	keywords []string
}

// sharingRejected would undo that connections are shared, or change what a session with a command on it does.
func sharingRejected(o MasterOptions) rejected {
	r := rejected{
		flags: "SMOtfNnsWGVQ",
		keywords: []string{"controlpath", "controlmaster", "controlpersist", "requesttty", "forkafterauthentication",
			"sessiontype", "stdinnull", "remotecommand", "clearallforwardings"},
	}
	if o.Config != "" {
		r.flags += "F"
	}
	if o.Batch {
		r.keywords = append(r.keywords, "batchmode")
	}
	return r
}

// sessionRejected would also let a session make a connection of its own.
func sessionRejected(o MasterOptions) rejected {
	r := sharingRejected(o)
	r.keywords = append(r.keywords, "hostkeyalias", "stricthostkeychecking", "verifyhostkeydns", "userknownhostsfile",
		"globalknownhostsfile", "knownhostscommand")
	return r
}

// masterRejected would also take the log away that a failed connection is explained by.
func masterRejected(o MasterOptions) rejected {
	r := sharingRejected(o)
	r.flags += "vqEy"
	r.keywords = append(r.keywords, "loglevel")
	return r
}

// without returns the user's options that may stand, each flag in a word of its own. Words that are no options
// end the list, as SplitOptions has refused them before.
func (r rejected) without(words []string) []string {
	options, _ := parseOptions(words)
	var kept []string
	for _, o := range options {
		if strings.IndexByte(r.flags, o.flag) >= 0 || slices.Contains(r.keywords, o.keyword()) {
			continue
		}
		kept = append(kept, o.words()...)
	}
	return kept
}
