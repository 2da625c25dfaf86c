package plan

import (
	_ "embed"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/request"
)

// nativeSteps are the steps that nixos-rebuild would take: build (here, or evaluate here and realise on the build host),
// copy, activate.
func nativeSteps(j Job) ([]Step, error) {
	if err := NativeRefusal(j.Request); err != nil {
		return nil, err
	}
	var steps []Step
	if j.Request.Has("--rollback") {
		return []Step{activateStep(j, true)}, nil
	}
	if path := j.Request.Value("--store-path"); path != "" {
		return storePathSteps(j, path), nil
	}
	steps = append(steps, EvaluateStep(j))
	if j.Build == nil {
		steps = append(steps, localBuild(j)...)
	} else {
		steps = append(steps, remoteBuild(j)...)
	}
	if j.Request.Action == "dry-build" {
		return steps, nil
	}
	if copied, ok := copySystem(j); ok {
		steps = append(steps, copied)
	}
	if j.Request.Action == "build" {
		if j.Build != nil && j.Target == nil {
			steps = append(steps, Step{Name: "link", Quiet: true, Command: nixexec.Command{
				Argv: []string{"nix-store", "--realise", ToplevelWord, "--add-root", "result", "--indirect"}}})
		}
		return steps, nil
	}
	return append(steps, activateStep(j, false)), nil
}

// NativeRefusal says what nixhop's own steps cannot do, or what nixos-rebuild refuses as well.
func NativeRefusal(r request.Request) error {
	if !slices.Contains(request.NativeActions, r.Action) {
		return &request.UsageError{Message: "--engine native cannot do " + nixexec.Quoted(r.Action), Hint: "leave --engine out: nixos-rebuild does it"}
	}
	for _, f := range r.Flags {
		if !f.Native() {
			return &request.UsageError{
				Message: fmt.Sprintf("%s needs nixos-rebuild", f.Name),
				Hint:    "leave it out, or name one: --nixos-rebuild PATH",
			}
		}
	}
	if r.Method() == string(facts.ByRun0) && r.Has("--ask-elevate-password") {
		return &request.UsageError{Message: "a password for run0 needs a nixos-rebuild that knows --elevate", Hint: "leave it out, or name one: --nixos-rebuild PATH"}
	}
	if len(r.Extra) > 0 {
		return &request.UsageError{Message: fmt.Sprintf("what follows -- is for nixos-rebuild: %s", strings.Join(r.Extra, " ")),
			Hint: "leave it out, or name one: --nixos-rebuild PATH"}
	}
	return nil
}

// localBuild realises the derivation here. Only `build` leaves a link named result. The link keeps the system from the garbage
// collector meanwhile, and the store path is read off it, whatever else the command prints.
func localBuild(j Job) []Step {
	link := filepath.Join(j.Dir, "system")
	if j.Request.Action == "build" {
		link = "result"
	}
	argv := append([]string{"nix-store", "--realise", DerivationWord}, j.logFormat()...)
	argv = append(argv, j.Request.NixWords(request.ForRealise)...)
	argv = append(argv, emulateFlags(j.Emulate)...)
	if j.Request.Action == "dry-build" {
		return []Step{{Name: "build", Command: nixexec.Command{Argv: append(argv, "--dry-run"), Env: j.environment()}}}
	}
	argv = append(argv, "--add-root", link, "--indirect")
	return []Step{
		{Name: "build", Command: nixexec.Command{Argv: argv, Env: j.environment()}, Quiet: true},
		{Name: "build", Command: nixexec.Command{Argv: []string{"readlink", link}}, Result: "toplevel"},
	}
}

// logFormat gives nix-store the progress bar of the nix command on a terminal, with the logs of the builds where they were asked for.
func (j Job) logFormat() []string {
	switch {
	case !j.Terminal || j.Request.Has("--log-format"):
		return nil
	case j.Request.Has("--print-build-logs"):
		return []string{"--log-format", "bar-with-logs"}
	default:
		return []string{"--log-format", "bar"}
	}
}

// remoteBuild copies the derivation to the build host and realises it there. Root is never needed for that.
func remoteBuild(j Job) []Step {
	copyDerivation := nixexec.NixCommand()
	copyDerivation = append(copyDerivation, "copy", "--derivation", "--to", j.Build.StoreURL(), DerivationWord)
	copyDerivation = append(copyDerivation, substituteWords(j)...)
	copyDerivation = append(copyDerivation, j.Request.NixWords(request.ForCopy)...)

	flags := append(j.Request.NixWords(request.ForRealise), emulateFlags(j.Emulate)...)
	if j.Request.Action == "dry-build" {
		flags = append(flags, "--dry-run")
	}
	return []Step{
		{Name: "copy", Where: j.Build.Host.Name, Command: nixexec.Command{Argv: copyDerivation, Env: j.environment()}},
		{Name: "build", Where: j.Build.Host.Name, Result: "toplevel", Command: nixexec.Command{
			Argv:  j.Build.session("/bin/sh", "-s", "--", DerivationWord),
			Stdin: realisation(flags),
		}},
	}
}

//go:embed realise.sh
var realiseScript string

// realisation is what goes to the standard input of /bin/sh on the build host.
func realisation(flags []string) string {
	set := `set -- "$1"`
	for _, word := range flags {
		set += " " + nixexec.Quote(word)
	}
	return set + "\n" + realiseScript
}

// EndCommand ends what a step has left running on the build host, where no terminal passes Ctrl-C on (nixpkgs#403269). The paths are in no
// other command line. false: nothing runs there.
func EndCommand(j Job, step string, results map[string]string) (nixexec.Command, bool) {
	words := ""
	switch {
	case j.Build == nil:
	case step == "build":
		words = "--realise " + results["derivation"]
	case step == "copy" && j.Between != nil && results["toplevel"] != "":
		words = "copy --to " + betweenURL(j) + " " + results["toplevel"]
	}
	if words == "" {
		return nixexec.Command{}, false
	}
	return nixexec.SessionCommand(j.Build.Master, "pkill", "-INT", "-f", "--", regexp.QuoteMeta(words)), true
}

// copySystem brings the built system from where it was built to where it is needed; between two other machines it goes
// through this one unless the one reaches the other, so that neither needs to know or to trust the other (nixpkgs#403282).
func copySystem(j Job) (Step, bool) {
	if j.SameHost() {
		return Step{}, false
	}
	third := j.Build != nil && j.Target != nil
	if third && j.Between != nil {
		return copyBetween(j), true
	}
	argv := nixexec.NixCommand()
	argv = append(argv, "copy")
	if j.Build != nil {
		argv = append(argv, "--from", j.Build.StoreURL())
	}
	where := ""
	if j.Target != nil {
		argv = append(argv, "--to", j.Target.StoreURL())
		where = j.Target.Host.Name
	}
	if j.Target == nil {
		// A system that was built by a host of the user's own choice carries no signature that this store knows.
		argv = append(argv, "--no-check-sigs")
	}
	argv = append(argv, substituteWords(j)...)
	argv = append(argv, ToplevelWord)
	argv = append(argv, j.Request.NixWords(request.ForCopy)...)
	step := Step{Name: "copy", Where: where, Command: nixexec.Command{Argv: argv, Env: j.environment()}}
	if third {
		step.Note = fmt.Sprintf("a run asks %s first, and copies from there where it reaches %s itself", j.Build.Host, j.Target.Host)
	}
	return step, true
}

// copyBetween has a third build host copy what it has built, by its own ssh. It asks nobody anything there.
func copyBetween(j Job) Step {
	options := "NIX_SSHOPTS=-o BatchMode=yes"
	if j.Between.Port != 0 {
		options += " -p " + strconv.Itoa(j.Between.Port)
	}
	words := append([]string{"env", options}, nixexec.NixCommand()...)
	words = append(words, "copy", "--to", betweenURL(j), ToplevelWord)
	words = append(words, substituteWords(j)...)
	words = append(words, j.Request.NixWords(request.ForCopy)...)
	return Step{Name: "copy", Where: j.Build.Host.Name, Command: nixexec.Command{Argv: j.Build.session(words...)}}
}

// betweenURL is the target as the build host knows it.
func betweenURL(j Job) string { return "ssh://" + j.Between.Authority() }

// substituteWords let the receiving host fetch what its caches have.
func substituteWords(j Job) []string {
	if j.Request.Has("--use-substitutes") {
		return []string{"--substitute-on-destination"}
	}
	return nil
}

// session is the argv of a command on the machine, over its connection. A result word is left as it is, for the plan to fill in: a store
// path needs no quoting in any shell.
func (m *Machine) session(words ...string) []string {
	argv := nixexec.SessionCommand(m.Master).Argv
	for _, word := range words {
		if word != ToplevelWord && word != DerivationWord {
			word = nixexec.Quote(word)
		}
		argv = append(argv, word)
	}
	return argv
}

// storePathSteps deploy a system that is there already.
func storePathSteps(j Job, path string) []Step {
	j.Build = nil
	var steps []Step
	if copied, ok := copySystem(j); ok {
		copied.Command.Argv = ReplaceWord(copied.Command.Argv, ToplevelWord, path)
		steps = append(steps, copied)
	}
	activate := activateStep(j, false)
	activate.Command.Argv = ReplaceWord(activate.Command.Argv, ToplevelWord, path)
	return append(steps, activate)
}

// Run names the run: the directory of its sockets is new each time.
func (j Job) Run() string { return filepath.Base(j.Dir) }

// activateStep is the one command on the target that sets the profile and activates.
func activateStep(j Job, rollback bool) Step {
	a := Activation{
		Run:            j.Run(),
		Action:         j.Request.Action,
		Profile:        facts.ProfilePath(j.Request.Value("--profile-name")),
		Rollback:       rollback,
		Specialisation: j.Request.Value("--specialisation"),
		Bootloader:     j.Request.Has("--install-bootloader"),
		NoCheck:        j.NoPreSwitchCheck,
	}
	words := []string{"/bin/sh", "-s", "--"}
	if !rollback {
		words = append(words, ToplevelWord)
	}
	step := Step{Name: "activate", Result: "outcome"}
	if j.Target == nil {
		step.Command = nixexec.Command{Argv: append(append([]string{}, j.LocalElevate...), words...), Stdin: a.Script()}
		return step
	}
	step.Where = j.Target.Host.Name
	step.Secret = j.Password
	step.Command = nixexec.Command{
		Argv:  j.Target.session(append(append([]string{}, j.Target.Elevate...), words...)...),
		Stdin: a.Script(),
	}
	return step
}

func ReplaceWord(argv []string, from, to string) []string {
	out := make([]string, len(argv))
	for i, w := range argv {
		out[i] = w
		if w == from {
			out[i] = to
		}
	}
	return out
}
