package plan

import (
	"path/filepath"
	"slices"
	"strings"

	"nixhop/nixexec"
	"nixhop/nixexec/ssh"
	"nixhop/rebuild/decision"
)

// Script prints the plan as a text for a POSIX shell that does the same when it is pasted there: first the long texts,
// each into a file of its own in the plan's directory, then the commands, one a line. All of it is one subshell. So a
// shell that reads it from its standard input has read all of it before a command could; it ends where a command
// fails; and what was opened is closed in any case.
func (p Plan) Script() string {
	s := script{dir: p.Dir, env: p.Env, ssh: functionsFor(p), files: slices.Clone(p.Files)}
	for _, step := range p.Steps {
		s.add(step)
	}
	var b strings.Builder
	for _, line := range slices.Concat(p.Unknown, p.Notes) {
		b.WriteString("# " + nixexec.Printable(line) + "\n")
	}
	b.WriteString("(\nset -eu\n")
	if !p.Listens {
		b.WriteString("[ -t 0 ] || exec </dev/null # it may be the list of hosts of a loop around this\n")
	}
	if slices.ContainsFunc(p.Steps, func(step Step) bool { return step.Secret }) {
		b.WriteString("ulimit -c 0 # no core dump holds the password\n")
	}
	inDir := len(p.Masters)+len(s.files) > 0 || s.usesDir
	if inDir {
		b.WriteString(line(append([]string{"mkdir", "-m", "700"}, p.dirs()...)...) + "\n")
	}
	for _, f := range s.ssh {
		b.WriteString(f.name + "() { " + f.call + ` "$@"; }` + "\n")
	}
	if inDir {
		b.WriteString(s.finish(p) + kept(p.Dir))
	}
	for _, f := range s.files {
		b.WriteString(written(f) + "\n")
	}
	for _, m := range p.Masters {
		b.WriteString("# connect to " + nixexec.Printable(m.Host) + "\n" + s.line(ssh.MasterArgv(m)) + "\n")
	}
	if s.exports {
		b.WriteString("export " + assigned(p.Env) + "\n")
	}
	b.WriteString(s.text.String() + ")\n")
	return b.String()
}

// finish has the shell close what the plan opens, however it ends. Not every shell does so at a signal.
func (s *script) finish(p Plan) string {
	var b strings.Builder
	b.WriteString("finish() {\n")
	for _, m := range p.Masters {
		b.WriteString("\t" + s.line(ssh.ExitArgv(m)) + " 2>/dev/null || :\n")
	}
	// -f: a master that is asked to exit may remove its socket while rm does.
	b.WriteString("\t" + line("rm", "-rf", p.Dir) + "\n}\ntrap finish EXIT\n")
	b.WriteString("trap 'exit 129' HUP; trap 'exit 130' INT; trap 'exit 143' TERM\n")
	return b.String()
}

// kept shows to later runs that a plan lives, as long as its shell has the pipe open: what one leaves that was killed
// they remove. It has its name only once it is open.
func kept(dir string) string {
	alive := filepath.Join(dir, ssh.PlanAlive)
	return "# nobody removes the directory while this is open\n" + line("mkfifo", alive+".new") + "; exec 9<>" + line(alive+".new") + "; " + line("mv", alive+".new", alive) + "\n"
}

// dirs are the directories of the plan: its own, and those of sockets in it.
func (p Plan) dirs() []string {
	dirs := []string{p.Dir}
	for _, m := range p.Masters {
		if m.Dir != "" && !slices.Contains(dirs, m.Dir) {
			dirs = append(dirs, m.Dir)
		}
	}
	return dirs
}

// function is a function of the shell that stands for the beginning of a command.
type function struct {
	name  string
	words []string // that it stands for
	call  string   // its body, without what is given to it
}

// functionsFor are the functions by which the calls of ssh get short: what all of them have in common, and what all
// sessions have beside that.
func functionsFor(p Plan) []function {
	var all, sessions [][]string
	for _, m := range p.Masters {
		all = append(all, ssh.MasterArgv(m))
		exit := ssh.ExitArgv(m)
		sessions = append(sessions, exit[:slices.Index(exit, "-O")])
	}
	for _, step := range p.Steps {
		if argv := step.Command.Argv; argv[0] == "ssh" && step.Name != ProveStep { // which has a connection of its own
			sessions = append(sessions, argv[:max(slices.Index(argv, "--"), 0)])
		}
	}
	common := shared(slices.Concat(all, sessions))
	if len(common) < 2 {
		return nil
	}
	found := []function{{"connection", common, line(common...)}}
	if session := shared(sessions); len(session) > len(common) {
		found = append(found, function{"session", session, line(append([]string{"connection"}, session[len(common):]...)...)})
	}
	return found
}

// shared is what argvs begin with in common.
func shared(argvs [][]string) []string {
	if len(argvs) == 0 {
		return nil
	}
	prefix := argvs[0]
	for _, argv := range argvs[1:] {
		n := 0
		for n < min(len(prefix), len(argv)) && prefix[n] == argv[n] {
			n++
		}
		prefix = prefix[:n]
	}
	if len(prefix) > 0 && prefix[len(prefix)-1] == "-o" {
		prefix = prefix[:len(prefix)-1]
	}
	return prefix
}

// script is a script in the making.
type script struct {
	dir     string
	env     []string   // that is exported once for all
	ssh     []function // the more specific ones last
	files   []File
	exports bool // a step has the env
	usesDir bool // a step names the directory
	text    strings.Builder
}

// shortened is an argv with a function in place of what it begins with.
func (s *script) shortened(argv []string) []string {
	for _, f := range slices.Backward(s.ssh) {
		if len(argv) > len(f.words) && slices.Equal(argv[:len(f.words)], f.words) {
			return append([]string{f.name}, argv[len(f.words):]...)
		}
	}
	return argv
}

// line is a command line with its beginning shortened.
func (s *script) line(argv []string) string { return line(s.shortened(argv)...) }

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
		words = "{ printf '%s\\n' \"$password\" " + decision.ScriptMark + "; cat " + file + "; } | " + words
	case c.Stdin != "":
		words += " <" + s.keep(File{s.dir + "/" + step.Text, c.Stdin})
	}
	if step.Result != "" {
		words = step.Result + "=$(" + words + ")"
	}
	if step.Optional {
		words += " || :"
	}
	if step.Quiet {
		words += " >/dev/null"
	}
	if step.Else != nil {
		other := step
		other.Command = *step.Else
		words += " ||\n\t" + s.words(other)
	}
	s.text.WriteString(words + "\n")
}

// words is the command of a step without its standard input: its results as variables, its long text as that of a
// file.
func (s *script) words(step Step) string {
	c := step.Command
	prefix := ""
	switch {
	case len(c.Env) > 0 && slices.Equal(c.Env, s.env):
		s.exports = true
	case len(c.Env) > 0:
		prefix = assigned(c.Env) + " "
	}
	argv := s.shortened(c.Argv)
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

// line is a command line, or a word of one.
func line(argv ...string) string { return nixexec.Command{Argv: argv}.String() }

// assigned are assignments of variables of the environment.
func assigned(env []string) string {
	var words []string
	for _, entry := range env {
		key, value, _ := strings.Cut(entry, "=")
		words = append(words, key+"="+nixexec.ShellWord(value))
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
