package decision

import (
	"fmt"
	"slices"

	"nixhop/rebuild/request"
)

// refusedNode says what is asked for of a node of an inventory that nixos-rebuild alone could do: it knows of none.
func (k Known) refusedNode() error {
	r, of := k.Request, "a node of a "+string(k.Source.Form.Kind)+" inventory"
	switch {
	case r.Engine == request.EngineNixosRebuild:
		return &request.UsageError{Message: "no nixos-rebuild knows " + of, Hint: "leave --engine out: nixhop takes the steps itself"}
	case r.Action != request.UploadKeys && !slices.Contains(request.NativeActions, r.Action):
		return &request.UsageError{
			Message: fmt.Sprintf("%s is done by nixos-rebuild, which does not know %s", r.Action, of),
			Hint:    "it takes the nixosConfigurations of a flake",
		}
	}
	return nil
}

// holder is what holds the configuration, in a sentence about flags.
func (k Known) holder() string {
	if !k.Source.Form.IsNone() {
		return "a " + string(k.Source.Form.Kind) + " inventory"
	}
	return "a flake"
}
