package facts

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// SudoRule is one command of a login's rules for root, as `sudo -l` lists them.
type SudoRule struct {
	Command string // with its arguments, as sudoers has them: globs, regular expressions, backslashes
	Free    bool   // no password is wanted for it (NOPASSWD)
	Denied  bool   // it is ruled out
}

// SudoRules are a login's rules in their order: of those that match a command the last counts (sudoers(5)).
type SudoRules []SudoRule

// Free reports whether sudo runs a command as root and wants no password for it. Where a program is does not count: a
// rule may name it by another way to the same file. sudo itself knows that, and is asked before the command is run.
func (rules SudoRules) Free(argv ...string) bool {
	for _, r := range slices.Backward(rules) {
		if r.matches(argv) {
			return r.Free && !r.Denied
		}
	}
	return false
}

// Freely are the commands that want no password, as sudo lists them.
func (rules SudoRules) Freely() []string {
	var commands []string
	for _, r := range rules {
		if r.Free && !r.Denied {
			commands = append(commands, r.Command)
		}
	}
	return commands
}

// lineBreak is what the probe puts in place of one.
const lineBreak = " | "

var (
	sudoEntry = regexp.MustCompile(`^\s*\(([^)]*)\)\s+(.*)$`)
	// What stands in front of a command, in the order and the spellings of sudo's own list (sudoers_fmt in
	// fmtsudoers.c): options, tags, digests.
	sudoTag    = regexp.MustCompile(`^([A-Z_]+):\s*`)
	sudoOption = regexp.MustCompile(`^(?:[A-Z]+\\?=\S+|sha[0-9]+:\S+,?)\s+`)
)

// parseSudoRules reads what `sudo -l` prints.
func parseSudoRules(text string) SudoRules {
	var rules SudoRules
	always := false
	for line := range strings.SplitSeq(text, lineBreak) {
		entry := sudoEntry.FindStringSubmatch(line)
		if entry == nil {
			always = always || slices.ContainsFunc(strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == ',' }),
				func(word string) bool { return word == "!authenticate" })
			continue
		}
		if !forRoot(entry[1]) {
			continue
		}
		free := always
		for _, command := range splitCommands(entry[2]) {
			var r SudoRule
			r.Command, free = untagged(command, free)
			r.Command, r.Denied = strings.CutPrefix(r.Command, "!")
			r.Free = free
			rules = append(rules, r)
		}
	}
	return rules
}

// forRoot reports whether a list of users, and of groups behind a colon, has root.
func forRoot(list string) bool {
	users, _, _ := strings.Cut(list, ":")
	return slices.ContainsFunc(strings.Split(users, ","), func(user string) bool {
		return slices.Contains([]string{"root", "ALL", "#0"}, strings.TrimSpace(user))
	})
}

// splitCommands takes a list of commands apart; a comma that belongs to one has a backslash in front of it.
func splitCommands(list string) []string {
	var commands []string
	begin := 0
	for i := 0; i < len(list); i++ {
		switch {
		case list[i] == '\\':
			i++
		case strings.HasPrefix(list[i:], ", "):
			commands = append(commands, list[begin:i])
			begin = i + 2
		}
	}
	return append(commands, list[begin:])
}

// untagged is a command without what stands in front of it, and whether that asks for no password. A tag holds for the
// commands behind it, too.
func untagged(command string, free bool) (string, bool) {
	for {
		if option := sudoOption.FindString(command); option != "" {
			command = command[len(option):]
			continue
		}
		tag := sudoTag.FindStringSubmatch(command)
		if tag == nil {
			return strings.TrimSpace(command), free
		}
		switch tag[1] {
		case "NOPASSWD":
			free = true
		case "PASSWD":
			free = false
		}
		command = command[len(tag[0]):]
	}
}

// matches reports whether a rule is about a command: by the name of its program, and by its arguments. Without
// arguments it is about any, and `""` is none.
func (r SudoRule) matches(argv []string) bool {
	if r.Command == "ALL" {
		return true
	}
	program, arguments, limited := strings.Cut(r.Command, " ")
	if !limited && strings.HasSuffix(program, "/") {
		return true // everything in a directory
	}
	return nameMatches(program, argv[0]) && (!limited || argumentsMatch(arguments, strings.Join(argv[1:], " ")))
}

// nameMatches compares the last part of a program's path, or where a rule is a regular expression that.
func nameMatches(rule, program string) bool {
	if isRegexp(rule) {
		end := strings.TrimSuffix(rule[strings.LastIndexByte(rule, '/')+1:], "$")
		return matchesWhole(strings.TrimPrefix(end, "^"), path.Base(program))
	}
	return matchesWhole(globbed(path.Base(rule)), path.Base(program))
}

func argumentsMatch(rule, arguments string) bool {
	switch {
	case rule == `""`:
		return arguments == ""
	case isRegexp(rule):
		return matchesWhole(rule[1:len(rule)-1], arguments)
	}
	return matchesWhole(globbed(rule), arguments)
}

// isRegexp reports whether a part of a rule is a regular expression (sudo 1.9.10).
func isRegexp(rule string) bool {
	return len(rule) > 1 && strings.HasPrefix(rule, "^") && strings.HasSuffix(rule, "$")
}

func matchesWhole(expression, text string) bool {
	matcher, err := regexp.Compile(`^(?:` + expression + `)$`)
	return err == nil && matcher.MatchString(text)
}

// globbed is a pattern of fnmatch(3) as a regular expression: an asterisk stands for anything, blanks and slashes, too,
// as it does in the arguments of a rule.
func globbed(pattern string) string {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '*':
			b.WriteString(".*")
		case c == '?':
			b.WriteByte('.')
		case c == '\\' && i+1 < len(pattern):
			i++
			b.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		case c == '[' && strings.IndexByte(pattern[i:], ']') > 1:
			end := i + strings.IndexByte(pattern[i:], ']')
			set := pattern[i+1 : end]
			if rest, not := strings.CutPrefix(set, "!"); not {
				set = "^" + rest
			}
			b.WriteString("[" + strings.ReplaceAll(set, `[`, `\[`) + "]")
			i = end
		default:
			b.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		}
	}
	return b.String()
}
