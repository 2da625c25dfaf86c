package plan

import (
	"path/filepath"
	"slices"
	"strings"

	"nixhop/nixexec"
)

// Script prints the plan as a text for a POSIX shell that does the same when it is pasted there: first the long texts, each into a file of its
// own in the plan's directory, then the commands, one a line. All of it is one subshell. So a shell that reads it from its standard input has
// read all of it before a command could; it ends where a command fails; and what was opened is closed in any case.
func (p Plan) Script() string {
	s := script{dir: p.Dir, env: p.Env, session: sessionArgv(p.Steps), files: slices.Clone(p.Files)}
	for _, step := range p.Steps {
		s.add(step)
	}
	var b strings.Builder
	for _, line := range p.Unknown {
		b.WriteString("# " + line + "\n")
	}
	b.WriteString("(\nset -eu\n")
	if len(p.Masters)+len(s.files) > 0 || s.usesDir {
		b.WriteString(line("mkdir", "-m", "700", p.Dir) + "\n")
		b.WriteString("finish() {\n")
		for _, m := range p.Masters {
			b.WriteString("\t" + line(nixexec.ExitArgv(m)...) + " 2>/dev/null || :\n")
		}
		// -f: a master that is asked to exit may remove its socket while rm does.
		b.WriteString("\t" + line("rm", "-rf", p.Dir) + "\n}\ntrap finish EXIT\n")
	}
	for _, f := range s.files {
		b.WriteString(written(f) + "\n")
	}
	for _, m := range p.Masters {
		b.WriteString("# connect to " + nixexec.Printable(m.Host) + "\n" + line(nixexec.MasterArgv(m)...) + "\n")
	}
	if len(s.session) > 0 {
		b.WriteString("# a command over a connection\nsession() { " + line(s.session...) + " \"$@\"; }\n")
	}
	if s.exports {
		b.WriteString("export " + assigned(p.Env) + "\n")
	}
	b.WriteString(s.text.String() + ")\n")
	return b.String()
}

// script is a script in the making.
type script struct {
	dir     string
	env     []string // that is exported once for all
	session []string // what the sessions over ssh have in common
	files   []File
	exports bool // a step has the env
	usesDir bool // a step names the directory
	text    strings.Builder
}

// add adds the lines of a step.
func (s *script) add(step Step) {
	comment := "# " + step.Name
	if step.Where != "" {
		comment += " on " + nixexec.Printable(step.Where)
	}
	if step.Note != "" {
		comment += ": " + nixexec.Printable(step.Note)
	}
	s.text.WriteString(comment + "\n")
	words := s.words(step)
	switch c := step.Command; {
	case step.Secret:
		file := s.keep(File{s.dir + "/" + step.Text, c.Stdin})
		s.text.WriteString("printf 'password: ' >/dev/tty; stty -echo </dev/tty; IFS= read -r password </dev/tty; stty echo </dev/tty\n")
		words = "{ printf '%s\\n' \"$password\" " + ScriptMark + "; cat " + file + "; } | " + words
	case c.Stdin != "":
		words += " <" + s.keep(File{s.dir + "/" + step.Text, c.Stdin})
	}
	if step.Result != "" {
		words = step.Result + "=$(" + words + ")"
	}
	if step.Quiet {
		words += " >/dev/null"
	}
	s.text.WriteString(words + "\n")
}

// words is the command of a step without its standard input: its results as variables, its long text as that of a file.
func (s *script) words(step Step) string {
	c := step.Command
	prefix := ""
	switch {
	case len(c.Env) > 0 && slices.Equal(c.Env, s.env):
		s.exports = true
	case len(c.Env) > 0:
		prefix = assigned(c.Env) + " "
	}
	argv := c.Argv
	if argv[0] == "ssh" && len(s.session) > 0 {
		argv = append([]string{"session"}, argv[len(s.session):]...)
	}
	words := make([]string, len(argv))
	for i, word := range argv {
		s.usesDir = s.usesDir || strings.HasPrefix(word, s.dir+"/")
		switch name, result := strings.CutPrefix(word, "\x00"); {
		case result:
			words[i] = `"$` + name + `"`
		case step.Text != "" && c.Stdin == "" && strings.Contains(word, "\n"):
			words[i] = `"$(cat ` + s.keep(File{s.dir + "/" + step.Text, word + "\n"}) + `)"`
		default:
			words[i] = line(word)
		}
	}
	return prefix + strings.Join(words, " ")
}

// keep has a file written at the top of the script, and returns its name as a word.
func (s *script) keep(f File) string {
	s.files = append(s.files, f)
	return line(f.Path)
}

// sessionArgv is what all sessions over ssh begin with, up to the "--" in front of the host; nothing where they differ.
func sessionArgv(steps []Step) []string {
	var all []string
	for _, step := range steps {
		argv := step.Command.Argv
		if argv[0] != "ssh" {
			continue
		}
		argv = argv[:max(slices.Index(argv, "--"), 0)]
		if all != nil && !slices.Equal(all, argv) {
			return nil
		}
		all = argv
	}
	return all
}

// line is a command line, or a word of one.
func line(argv ...string) string { return nixexec.Command{Argv: argv}.String() }

// assigned are assignments of variables of the environment.
func assigned(env []string) string {
	var words []string
	for _, entry := range env {
		key, value, _ := strings.Cut(entry, "=")
		words = append(words, key+"="+nixexec.Quote(value))
	}
	return strings.Join(words, " ")
}

// written is the command that writes a file.
func written(f File) string {
	text := nixexec.Command{Argv: []string{"cat"}, Stdin: f.Text}.String()
	if first, rest, found := strings.Cut(text, "\n"); found && strings.HasPrefix(first, "cat <<") {
		return "# " + filepath.Base(f.Path) + "\ncat >" + line(f.Path) + strings.TrimPrefix(first, "cat") + "\n" + rest
	}
	return "# " + filepath.Base(f.Path) + "\n" + text + " >" + line(f.Path)
}
