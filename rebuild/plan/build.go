package plan

import (
	_ "embed"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"nixhop/nixexec"
	"nixhop/nixexec/nixlog"
	"nixhop/nixexec/ssh"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
)

// Evaluate is the step that evaluates the configuration to the derivation of its system.
func Evaluate(j Job) Step {
	if j.Locked {
		return Step{
			Name: "evaluate", Note: "the derivation of the system", Result: "derivation",
			Command: nixexec.Command{Argv: j.Wanted().Cached(), Env: j.Environment()},
		}
	}
	return Step{
		Name: "evaluate", Note: "the derivation of the system", Text: "evaluate.nix", Result: "derivation",
		Command: nixexec.Command{Argv: j.Wanted().Derivation(), Env: j.Environment()},
	}
}

// Build are the steps that make the system of a derivation, here or on the build host; none where it is there already.
func Build(j Job) []Step {
	switch {
	case !j.Request.Evaluates():
		return nil
	case j.Build == nil:
		return localBuild(j)
	default:
		return remoteBuild(j)
	}
}

// localBuild realises the derivation here. Only `build` leaves a link named result, or result-HOST. The link keeps the
// system from the garbage collector meanwhile, and the store path is read off it, whatever else the command prints.
func localBuild(j Job) []Step {
	link := j.link(filepath.Join(j.Dir, "system"))
	if j.linked() {
		link = j.link("result")
	}
	argv := append([]string{"nix-store", "--realise", DerivationWord}, j.logFormat()...)
	argv = append(argv, j.realiseFlags()...)
	if j.Request.Action == "dry-build" {
		return []Step{{Name: "build", Command: nixexec.Command{Argv: append(argv, "--dry-run"), Env: j.Environment()}}}
	}
	argv = slices.Concat(argv, []string{"--add-root", link, "--indirect"}, j.monitorFlags())
	return []Step{
		{Name: "build", Command: nixexec.Command{Argv: argv, Env: j.Environment()}, Builds: true, Shown: j.shown(), Quiet: true},
		{Name: "build", Command: nixexec.Command{Argv: []string{"readlink", link}}, Result: "toplevel"},
	}
}

// realiseFlags are what nix-store is told of a build. What the user says comes behind what the flake says, and wins.
func (j Job) realiseFlags() []string {
	return slices.Concat(source.Words(j.Settings), j.Request.NixWords(request.ForRealise), emulateFlags(j.Emulate))
}

// linked reports whether a link named result is left.
func (j Job) linked() bool { return j.Request.Action == "build" && !j.Request.Has("--no-link") }

// logFormat gives nix-store the progress bar of the nix command on a terminal, with the logs of the builds where they
// were asked for.
func (j Job) logFormat() []string {
	switch {
	case !j.Terminal || j.shown() || j.Request.Has("--log-format"):
		return nil
	case j.Request.Has("--print-build-logs"):
		return []string{"--log-format", "bar-with-logs"}
	default:
		return []string{"--log-format", "bar"}
	}
}

// shown reports whether nix-output-monitor shows the build.
func (j Job) shown() bool { return j.Terminal && j.Monitored }

// monitorFlags are those for nix-output-monitor.
func (j Job) monitorFlags() []string {
	if j.shown() {
		return nixlog.Flags
	}
	return nil
}

// remoteBuild copies the derivation to the build host and realises it there. Root is never needed for that.
func remoteBuild(j Job) []Step {
	flags := append(j.realiseFlags(), j.monitorFlags()...)
	if j.Request.Action == "dry-build" {
		flags = append(flags, "--dry-run")
	}
	copied := j.copyOf(DerivationWord, nil, j.Build, j.Copies.Derivation)
	copied.Note = "the derivation"
	return []Step{
		copied,
		{Name: "build", Where: j.Build.Host.Name, Text: "realise.sh", Result: "toplevel", Builds: true, Shown: j.shown(), Command: nixexec.Command{
			Argv:  session(j.Build, "/bin/sh", "-s", "--", DerivationWord),
			Stdin: realisation(j.Run, flags),
		}},
	}
}

//go:embed realise.sh
var realiseScript string

// realisation is what goes to the standard input of /bin/sh on the build host.
func realisation(run string, flags []string) string {
	set := nixexec.Assignments([2]string{"run", run}) + `set -- "$1"`
	for _, word := range flags {
		set += " " + nixexec.Quote(word)
	}
	return set + "\n" + realiseScript
}

//go:embed end.sh
var endScript string

// EndShared is the status of EndCommand's script where others on the host wait for the same, which is left to them.
const EndShared = 3

// EndCommand ends what a step has left running on the build host, where no terminal passes Ctrl-C on (nixpkgs#403269):
// what is this run's, by the name of its directory there, and nobody else's. byHand are the words of a command there
// that does so whatever others do. false: nothing runs there.
func EndCommand(j Job, step string, results map[string]string) (command nixexec.Command, byHand []string, runs bool) {
	ours, same := "", ""
	switch {
	case j.Build == nil:
	case step == "build":
		ours = "--add-root [^ ]*/" + regexp.QuoteMeta(j.Run) + "[.][^ /]*/system"
		same = "nix[a-z-]* .*" + regexp.QuoteMeta(results["derivation"])
	case step == "copy" && j.Between != nil && results["toplevel"] != "":
		ours = "copy --to ssh(-ng)?" + regexp.QuoteMeta(strings.TrimPrefix(betweenURL(j, decision.OneByOne), "ssh")+" "+results["toplevel"])
		same = "nix[a-z-]* .*" + regexp.QuoteMeta(results["toplevel"])
	}
	if ours == "" {
		return nixexec.Command{}, nil, false
	}
	command = ssh.SessionCommand(j.Build.Master, "/bin/sh", "-s")
	command.Stdin = nixexec.Assignments([2]string{"ours", ours}, [2]string{"same", same}, nixexec.HostPrograms()) + endScript
	return command, []string{"pkill", "-INT", "-f", "--", ours}, true
}

// session is the argv of a command on the machine, over its connection. A result word is left as it is, for the plan
// to fill in: a store path needs no quoting in any shell.
func session(m *decision.Machine, words ...string) []string {
	argv := ssh.SessionCommand(m.Master).Argv
	for _, word := range words {
		if word != decision.ToplevelWord && word != DerivationWord {
			word = nixexec.Quote(word)
		}
		argv = append(argv, word)
	}
	return argv
}
