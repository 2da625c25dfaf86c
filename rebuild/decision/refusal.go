package decision

import (
	"fmt"
	"slices"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/request"
)

// refusal says what nixhop's own steps cannot do with this source.
func (k Known) refusal() error {
	if err := Refusal(k.Request); err != nil || !k.Source.Names() {
		return err
	}
	for _, name := range []string{"--arg", "--argstr"} {
		if k.Request.Has(name) {
			return &request.UsageError{Message: name + " has no effect on " + k.holder(), Hint: "it is for --file and --attr"}
		}
	}
	return nil
}

// Refusal says what nixhop's own steps cannot do, or what nixos-rebuild refuses as well.
func Refusal(r request.Request) error {
	if r.Action != request.UploadKeys && !slices.Contains(request.NativeActions, r.Action) {
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
	if r.Has("--diff") && !r.Previews() {
		return &request.UsageError{Message: r.Action + " --diff needs nixos-rebuild", Hint: "name one: --nixos-rebuild PATH"}
	}
	if r.Action == "build" && r.Has("--rollback") {
		return &request.UsageError{Message: "build --rollback needs nixos-rebuild", Hint: "name one: --nixos-rebuild PATH"}
	}
	if r.JSON && !r.Events() {
		return &request.UsageError{Message: "--json needs nixos-rebuild, which ignores it", Hint: "leave it out"}
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
