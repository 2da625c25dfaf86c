package nixexec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// Command is one program to run.
type Command struct {
	Argv   []string // the program, looked up in this process's PATH, and its arguments
	Env    []string // "KEY=value", added to and winning over the environment of this process
	Secret Secret   // fed to standard input first, with a newline behind it; it must be one line
	Stdin  string   // fed to standard input then
	Hidden Secret   // fed to standard input last, which ends behind it; it may have lines. Where all three are empty nothing is fed

	// How long it may print nothing on a standard output that is returned, before it is ended (ErrNotHeard); 0: for
	// ever.
	Silence time.Duration

	// Is told, when one in the background (Output) has ended, the most memory that it or a program of its own has taken
	// at a time, in bytes (getrusage(2)); nil: nobody wants to know.
	Peak func(bytes int64)
}

// String returns the command for a POSIX shell: pasted there it runs the same program with the same words, the same
// additions to the environment and the same standard input, unless that has a hidden part. Standard input that ends in
// a newline becomes a here-document; the rest comes from printf, because a here-document always ends in one. A secret
// is not shown: the shell asks for it on its terminal.
func (c Command) String() string {
	line := c.line()
	switch {
	case !c.Hidden.Empty():
		return line + " # with a secret on its standard input"
	case !c.Secret.Empty():
		return "{ " + askInShell + "\n" + c.stdinInShell() + "} | " + line
	case c.Stdin == "":
		return line
	case hasHereDocument(c.Stdin):
		return line + hereDocument(c.Stdin)
	default:
		return strings.TrimSuffix(c.stdinInShell(), "\n") + " | " + line
	}
}

// askInShell lets a shell ask for a secret and write it as a line. In a pipeline the variable is not left behind.
const askInShell = `printf 'password: ' >/dev/tty; stty -echo </dev/tty; IFS= read -r secret </dev/tty; ` +
	`stty echo </dev/tty; echo >/dev/tty; printf '%s\n' "$secret"`

// stdinInShell is a command, in lines of its own, that writes Stdin.
func (c Command) stdinInShell() string {
	switch {
	case c.Stdin == "":
		return ""
	case hasHereDocument(c.Stdin):
		return "cat" + hereDocument(c.Stdin) + "\n"
	case strings.ContainsFunc(c.Stdin, unshown):
		return "printf " + printfFormat(c.Stdin) + "\n"
	default:
		return "printf %s " + Quote(c.Stdin) + "\n"
	}
}

// hasHereDocument reports whether a text can be shown as a here-document.
func hasHereDocument(text string) bool {
	return strings.HasSuffix(text, "\n") && !strings.ContainsFunc(text, unshown)
}

// hereDocument gives text, which must end in a newline, to the command that it stands behind.
func hereDocument(text string) string {
	end := delimiter(text)
	return " <<'" + end + "'\n" + text + end
}

// program returns the first word, or "" where there is none.
func (c Command) program() string {
	if len(c.Argv) == 0 {
		return ""
	}
	return c.Argv[0]
}

// line returns the environment and the argv, quoted.
func (c Command) line() string {
	var words []string
	for _, entry := range c.Env {
		key, value, _ := strings.Cut(entry, "=")
		words = append(words, key+"="+shellText(value))
	}
	for i, word := range c.Argv {
		quoted := shellText(word)
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

// prepare resolves the program and returns the child, not started, with its words, its environment, and what is fed to
// it: its Stdin is nil where nothing is.
func (c Command) prepare(ctx context.Context) (*exec.Cmd, error) {
	if len(c.Argv) == 0 {
		return nil, errors.New("no program to run")
	}
	if !c.Secret.OneLine() {
		return nil, fmt.Errorf("starting %q: the secret for it is not one line", c.Argv[0])
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
	if c.Stdin != "" || !c.Secret.Empty() || !c.Hidden.Empty() {
		cmd.Stdin = c.input()
	}
	return cmd, nil
}

// input is all that is fed to standard input.
func (c Command) input() io.Reader {
	stdin := io.MultiReader(strings.NewReader(c.Stdin), strings.NewReader(c.Hidden.reveal()))
	if c.Secret.Empty() {
		return stdin
	}
	return io.MultiReader(strings.NewReader(c.Secret.reveal()), strings.NewReader("\n"), stdin)
}
