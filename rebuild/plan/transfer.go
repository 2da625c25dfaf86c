package plan

import (
	_ "embed"
	"slices"
	"strconv"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/request"
)

//go:embed stream.sh
var streamScript string

// streamMost is how large a path may be that goes in a stream, in bytes: the other end keeps all of it in memory.
const streamMost = 32 << 20

// copyOf brings a store path, decision.ToplevelWord or DerivationWord, with all that it needs from one machine to
// another; nil is this one.
func (j Job) copyOf(path string, from, to *decision.Machine, by decision.Transfer) Step {
	step := Step{Name: "copy"}
	if to != nil {
		step.Where = to.Host.Name
	}
	one := nixexec.Command{Argv: append(j.copyWords(path, from, to, decision.OneByOne), path), Env: j.Environment()}
	switch by {
	case decision.Stream:
		step.Text, step.Else = "stream.sh", &one
		step.Command = nixexec.Command{
			Argv: []string{"/bin/sh", "-s", "--", path}, Stdin: j.stream(path, from, to), Env: j.Environment(),
		}
	case decision.Together:
		step.Else = &one
		step.Command = nixexec.Command{Argv: append(j.copyWords(path, from, to, decision.Together), path), Env: j.Environment()}
	default:
		step.Command = one
	}
	return step
}

// copyWords are nix copy up to the paths that are copied.
func (j Job) copyWords(path string, from, to *decision.Machine, by decision.Transfer) []string {
	argv := nixexec.NixCommand("copy")
	if path == DerivationWord {
		argv = append(argv, "--derivation")
	}
	if from != nil {
		argv = append(argv, "--from", from.StoreURL(decision.OneByOne))
	}
	if to != nil {
		argv = append(argv, "--to", to.StoreURL(by))
	} else {
		argv = append(argv, "--no-check-sigs")
	}
	return append(append(argv, j.flags(by)...), j.Request.NixWords(request.ForCopy)...)
}

// flags are those that a nix copy has by a transfer. What ssh:// takes without a word, where the host trusts the login,
// ssh-ng:// must be told to; and up to Nix 2.23 it is a setting of this side that lets the host fetch from its caches.
func (j Job) flags(t decision.Transfer) []string {
	var words []string
	if t == decision.Together {
		words = append(words, "--no-check-sigs")
	}
	if j.Substitutes || j.Request.Has("--use-substitutes") {
		words = append(words, "--substitute-on-destination")
		if t == decision.Together {
			words = append(words, "--option", "builders-use-substitutes", "true")
		}
	}
	return words
}

// stream is what goes to the standard input of /bin/sh here: stream.sh behind its functions.
func (j Job) stream(path string, from, to *decision.Machine) string {
	unsigned := ""
	told := nixexec.NixCommand("path-info", "--recursive", "--size", "--sigs")
	if path == DerivationWord { // whose name says what is in it
		unsigned = "yes"
		told = append(told, "--derivation")
	}
	return nixexec.Assignments([2]string{"unsigned", unsigned}, [2]string{"most", strconv.Itoa(streamMost)}) +
		shellFunction("told", wordsOn(from, told), `"$1" </dev/null`) +
		shellFunction("send", wordsOn(from, []string{"/bin/sh", "-c", "exec nix-store --export $(cat)"}), "") +
		shellFunction("lacks", wordsOn(to, []string{"/bin/sh", "-c", "exec nix-store --check-validity --print-invalid $(cat)"}), "") +
		shellFunction("take", wordsOn(to, []string{"nix-store", "--import"}), "") +
		shellFunction("copy", j.copyWords(path, from, to, decision.OneByOne), `"$@" </dev/null`) +
		streamScript
}

// wordsOn is the argv of a command on a machine; nil is this one.
func wordsOn(m *decision.Machine, argv []string) []string {
	if m == nil {
		return argv
	}
	return session(m, argv...)
}

// shellFunction is a function of a shell that runs a command, with more behind it.
func shellFunction(name string, argv []string, more string) string {
	words := []string{name + "()", "{"}
	for _, word := range argv {
		words = append(words, nixexec.Quote(word))
	}
	return strings.Join(slices.Concat(words, []string{more}), " ") + "; }\n"
}
