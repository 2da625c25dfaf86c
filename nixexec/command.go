// Package nixexec runs other programs: in the foreground with the real terminal, in the background
// in a session of their own, and over one shared ssh connection. No other package starts a process.
package nixexec

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// Command is one program to run.
type Command struct {
	Argv  []string // the program, looked up in this process's PATH, and its arguments
	Env   []string // "KEY=value", added to and winning over the environment of this process
	Stdin string   // fed to standard input, which then ends; empty: nothing is fed
}

// String returns the command for a POSIX shell: pasted there it runs the same program with the same
// words, the same additions to the environment and the same standard input. Standard input that ends in
// a newline becomes a here-document; the rest comes from printf, because a here-document always ends in one.
// It shows everything: a command that feeds a secret must not be printed.
func (c Command) String() string {
	line := c.line()
	switch {
	case c.Stdin == "":
		return line
	case strings.HasSuffix(c.Stdin, "\n"):
		end := delimiter(c.Stdin)
		return line + " <<'" + end + "'\n" + c.Stdin + end
	default:
		return "printf %s " + Quote(c.Stdin) + " | " + line
	}
}

// line returns the environment and the argv, quoted.
func (c Command) line() string {
	var words []string
	for _, entry := range c.Env {
		key, value, _ := strings.Cut(entry, "=")
		words = append(words, key+"="+Quote(value))
	}
	for i, word := range c.Argv {
		quoted := Quote(word)
		if i == 0 && quoted == word && strings.Contains(word, "=") {
			quoted = "'" + word + "'" // bare, a shell would read an assignment
		}
		words = append(words, quoted)
	}
	return strings.Join(words, " ")
}

// delimiter returns a here-document delimiter that is not a line of text.
func delimiter(text string) string {
	lines := "\n" + text
	end := "EOF"
	for n := 1; strings.Contains(lines, "\n"+end+"\n"); n++ {
		end = "EOF" + strconv.Itoa(n)
	}
	return end
}

// Quote returns word as one word of a POSIX shell: bare where no shell could read it otherwise,
// else in single quotes.
func Quote(word string) string {
	if word != "" && strings.Trim(word, bareCharacters) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// bareCharacters have no meaning of their own inside a word, in any shell and at any place.
const bareCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@%+=:,./_-"

// prepare resolves the program and returns the child, not started, with its words and its environment.
func (c Command) prepare(ctx context.Context) (*exec.Cmd, error) {
	if len(c.Argv) == 0 {
		return nil, errors.New("no program to run")
	}
	path, err := LookPath(c.Argv[0])
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, path)
	cmd.Args = c.Argv
	if len(c.Env) > 0 {
		cmd.Env = append(os.Environ(), c.Env...)
	}
	return cmd, nil
}
