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
	return FlakeFacts{printable(facts.HostName), printable(facts.System), printable(facts.BuildSystem)}, true
}

// evaluateExpression is the function that `nix eval --apply` gets.
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
	var argv []string
	if j.Source.IsFlake() {
		argv = append(argv, nixCommand...)
		argv = append(argv, "eval", "--raw", j.attribute(), "--apply", evaluateExpression(j))
		argv = append(argv, j.Request.NixWords(forFlakeEval)...)
	} else {
		argv = append(argv, "nix-instantiate")
		argv = append(argv, j.classicWords()...)
		argv = append(argv, j.Request.NixWords(forClassicEval)...)
	}
	return Step{Name: "evaluate", Command: nixexec.Command{Argv: argv, Env: j.environment()}, Result: "derivation"}
}

// errChecksFailed ends an evaluation whose facts were enough to know that the deployment is doomed.
var errChecksFailed = errors.New("a check failed")

// evaluate runs the one evaluation of nixhop's own steps. As soon as the configuration has told its facts the checks are made; when one of
// them fails the evaluation is ended, for nothing shall be built.
func (d *deployment) evaluate(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	told, doomed := false, false
	step := evaluateStep(d.job)
	out, err := nixexec.Watch(ctx, step.Command, d.session.Stdio, func(line string) bool {
		facts, ok := parseFacts(line)
		if !ok || told {
			return !doomed // what nix says of being ended is no news
		}
		told = true
		d.facts = facts
		d.check()
		if doomed = stops(d.found, d.request); doomed {
			cancel(errChecksFailed)
		}
		return false
	})
	if !told && err == nil {
		d.check()
	}
	if err := d.session.report(d.found, d.request); err != nil {
		return err
	}
	if err != nil {
		d.session.Log.Error("the configuration cannot be evaluated; nothing was built")
		return err
	}
	path := strings.TrimSpace(lastLine(out))
	if !storePath.MatchString(path) {
		return fmt.Errorf("evaluating: nix printed no store path but %q", printable(path))
	}
	d.derivation = path
	return nil
}

// lookUpFacts asks the configuration for its facts alone, where nixos-rebuild evaluates it once more by itself.
func (d *deployment) lookUpFacts(ctx context.Context) error {
	if !d.source.IsFlake() || d.job.Configuration == "" || d.job.Target == nil && d.job.Build == nil || d.request.NoCheck {
		return nil
	}
	argv := append([]string{}, nixCommand...)
	argv = append(argv, "eval", "--json", d.job.attribute(), "--apply", factsNix)
	argv = append(argv, d.request.NixWords(forFlakeEval)...)
	out, err := nixexec.Output(ctx, nixexec.Command{Argv: argv})
	var exit *nixexec.ExitError
	if errors.As(err, &exit) && ctx.Err() == nil {
		return &evaluationError{Flake: d.source.Ref(d.job.Configuration), Stderr: exit.Stderr}
	}
	if err != nil {
		return err
	}
	facts, ok := parseFacts(factsMark + string(out))
	if !ok {
		return fmt.Errorf("reading the facts of %q: %q", d.job.attribute(), printable(string(out)))
	}
	d.facts = facts
	return nil
}
