package plan

import (
	"errors"

	"nixhop/nixexec"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
)

// evaluateExpression is the function of a configuration that gives the derivation of its system.
func evaluateExpression(j Job) string {
	arguments := "facts = (" + source.FactsNix + ");"
	if j.Cross != "" {
		arguments += " buildPlatform = " + nixexec.NixString(j.Cross) + ";"
	}
	return "(" + source.EvaluateNix + ") { " + arguments + " }"
}

// attribute is the configuration as an attribute of the flake.
func (j Job) attribute() string {
	return j.Source.Flake + `#nixosConfigurations."` + j.Configuration + `"`
}

// EvaluateStep evaluates to the derivation of the system.
func EvaluateStep(j Job) Step {
	argv := evaluationArgv(j, "--raw", evaluateExpression(j))
	return Step{Name: "evaluate", Command: nixexec.Command{Argv: argv, Env: j.environment()}, Result: "derivation"}
}

// FactsStep asks the configuration for its facts alone. Nothing but the facts is wanted: whoever builds the system writes the lock file.
func FactsStep(j Job) Step {
	argv := evaluationArgv(j, "--json", source.FactsNix)
	if j.Source.IsFlake() {
		argv = append(argv, source.NoLockFile)
	}
	return Step{Name: "evaluate", Command: nixexec.Command{Argv: argv}}
}

// evaluationArgv evaluates a function of the configuration. A flake is evaluated in purity, unless --impure was given; without one there
// is none. Where the configuration is changed the lock file stays as it is, and so does the working tree around it.
func evaluationArgv(j Job, format, function string) []string {
	argv := nixexec.NixCommand("eval", format)
	if j.Source.IsFlake() {
		argv = append(argv, j.attribute(), "--apply", function)
		argv = append(argv, j.Request.NixWords(request.ForFlakeEval)...)
	} else {
		argv = append(argv, "--impure", "--expr", "("+function+") ("+classicExpression(j)+")")
		argv = append(argv, j.Request.NixWords(request.ForClassicEval)...)
	}
	if j.System != "" {
		argv = append(argv, "--option", "system", j.System)
	}
	return argv
}

// ErrChecksFailed ends an evaluation whose facts were enough to know that the deployment is doomed.
var ErrChecksFailed = errors.New("a check failed")
