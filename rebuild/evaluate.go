package rebuild

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"nixhop/nixexec"
)

//go:embed facts.nix
var factsNix string

//go:embed evaluate.nix
var evaluateNix string

// FlakeFacts is what a configuration says of itself. A field is empty where it does not say.
type FlakeFacts struct {
	HostName    string `json:"hostName"`    // networking.hostName
	System      string `json:"system"`      // what it runs on: nixpkgs.hostPlatform
	BuildSystem string `json:"buildSystem"` // what its derivations are built on: nixpkgs.buildPlatform

	Refused []string `json:"refused"` // options, or what it lacks, because of which no other build platform can be forced on it
	Files   []string `json:"files"`   // where the first of them is set
}

// factsMark begins the line on which evaluate.nix tells the facts; nix puts "trace: " in front.
const factsMark = "trace: nixhop-facts "

// parseFacts reads the line of the facts; false for any other line.
func parseFacts(line string) (FlakeFacts, bool) {
	text, found := strings.CutPrefix(line, factsMark)
	var facts FlakeFacts
	if !found || json.Unmarshal([]byte(text), &facts) != nil {
		return FlakeFacts{}, false
	}
	for _, text := range []*string{&facts.HostName, &facts.System, &facts.BuildSystem} {
		*text = printable(*text)
	}
	for _, texts := range [][]string{facts.Refused, facts.Files} {
		for i := range texts {
			texts[i] = printable(texts[i])
		}
	}
	return facts, true
}

// evaluateExpression is the function of a configuration that gives the derivation of its system.
func evaluateExpression(j Job) string {
	arguments := "facts = (" + factsNix + ");"
	if j.Cross != "" {
		arguments += " buildPlatform = " + nixString(j.Cross) + ";"
	}
	return "(" + evaluateNix + ") { " + arguments + " }"
}

// attribute is the configuration as an attribute of the flake.
func (j Job) attribute() string {
	return j.Source.Flake + `#nixosConfigurations."` + j.Configuration + `"`
}

// evaluateStep evaluates to the derivation of the system.
func evaluateStep(j Job) Step {
	argv := evaluationArgv(j, "--raw", evaluateExpression(j))
	return Step{Name: "evaluate", Command: nixexec.Command{Argv: argv, Env: j.environment()}, Result: "derivation"}
}

// factsStep asks the configuration for its facts alone. Nothing but the facts is wanted: whoever builds the system writes the lock file.
func factsStep(j Job) Step {
	argv := evaluationArgv(j, "--json", factsNix)
	if j.Source.IsFlake() {
		argv = append(argv, noLockFile)
	}
	return Step{Name: "evaluate", Command: nixexec.Command{Argv: argv}}
}

// noLockFile keeps nix from writing the lock file: two that do it at a time would get into each other's way.
const noLockFile = "--no-write-lock-file"

// evaluationArgv evaluates a function of the configuration. A flake is evaluated in purity, unless --impure was given; without one there
// is none. Where the configuration is changed the lock file stays as it is, and so does the working tree around it.
func evaluationArgv(j Job, format, function string) []string {
	argv := append(append([]string{}, nixCommand...), "eval", format)
	if j.Source.IsFlake() {
		argv = append(argv, j.attribute(), "--apply", function)
		argv = append(argv, j.Request.NixWords(forFlakeEval)...)
	} else {
		argv = append(argv, "--impure", "--expr", "("+function+") ("+classicExpression(j)+")")
		argv = append(argv, j.Request.NixWords(forClassicEval)...)
	}
	if j.System != "" {
		argv = append(argv, "--option", "system", j.System)
	}
	return argv
}

// errChecksFailed ends an evaluation whose facts were enough to know that the deployment is doomed.
var errChecksFailed = errors.New("a check failed")

// evaluate runs the one evaluation of nixhop's own steps, or goes on with it where lookAhead has begun it. As soon as the configuration has
// told its facts the checks are made; when one of them fails the evaluation is ended, for nothing shall be built.
func (d *deployment) evaluate(ctx, background context.Context) error {
	step := evaluateStep(d.job)
	e := d.begunAhead(step.Command.Argv)
	if e == nil {
		e = evaluateOpenly(ctx, step, d.session.Stdio)
	}
	out, err := d.heed(background, e)
	if d.mayAsk(err) {
		d.session.Log.Info("evaluating once more, for nix had nobody to ask")
		e = evaluateOpenly(ctx, step, d.session.Stdio)
		out, err = d.heed(background, e)
	}
	if allowed, err := d.confirmHostName(background); err != nil {
		return err
	} else if allowed {
		return d.evaluate(ctx, background)
	}
	if err := d.session.report(d.found, d.request); err != nil {
		return err
	}
	if err != nil {
		d.session.Log.Error("the configuration cannot be evaluated; nothing was built")
		return d.explain(e.heard, nil, err)
	}
	path := strings.TrimSpace(lastLine(out))
	if !storePath.MatchString(path) {
		return fmt.Errorf("evaluating: nix printed no store path but %q", printable(path))
	}
	d.derivation = path
	return nil
}

// heed checks what the configuration says of itself as soon as it does, and then waits for the derivation.
func (d *deployment) heed(ctx context.Context, e *evaluation) (string, error) {
	var facts FlakeFacts
	var told bool
	select {
	case facts, told = <-e.told:
	default:
		e.listen()
		facts, told = <-e.told
	}
	if !told {
		if out, err := e.wait(); err != nil {
			e.listen()
			return out, err
		}
	}
	d.facts = facts
	d.checkPlatform(ctx)
	d.checkConfiguration()
	if stops(d.found, d.request) {
		e.stop(errChecksFailed)
	} else {
		e.listen()
	}
	return e.wait()
}

// lookUpFacts asks the configuration for its facts alone, where nixos-rebuild evaluates it once more by itself.
func (d *deployment) lookUpFacts(ctx, background context.Context) error {
	unchosen := d.source.IsFlake() && d.job.Configuration == ""
	unused := (d.job.Target == nil && d.job.Build == nil || d.request.NoCheck) && !d.request.Has("--emulate")
	if unchosen || unused || !d.request.evaluates() {
		return nil
	}
	out, err := d.evaluated(ctx, background, factsStep(d.job))
	var exit *nixexec.ExitError
	if errors.As(err, &exit) && background.Err() == nil {
		return d.evaluationFailed(exit.Stderr)
	}
	if err != nil {
		return err
	}
	facts, ok := parseFacts(factsMark + out)
	if !ok {
		return fmt.Errorf("reading the facts of the configuration: %q", printable(out))
	}
	if d.job.Cross != "" && len(facts.Refused) == 0 {
		facts.BuildSystem = d.job.Cross
	}
	d.facts = facts
	return nil
}

// evaluationFailed is the error for facts that could not be had. Which file a nixos-rebuild takes that is told nothing of a source is its
// own business: it may well find one.
func (d *deployment) evaluationFailed(stderr string) error {
	switch s := d.source; {
	case s.IsFlake():
		return &evaluationError{Flake: s.Ref(d.job.Configuration), Stderr: stderr}
	case s.File != "":
		return &evaluationError{File: s.File, Stderr: stderr}
	default:
		return nil
	}
}
