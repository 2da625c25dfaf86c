package selection

import (
	"context"
	"slices"

	"nixhop/rebuild/evaluation"
	"nixhop/rebuild/inventory"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// Machines are all that a source has: the flake's nixosConfigurations that are no nodes of an inventory, and the nodes,
// each in order. Errors are those of evaluating it.
func Machines(ctx context.Context, r request.Request, s source.Source, inv sshcfg.Inventory, w World) (configurations []string, nodes []inventory.Node, err error) {
	r.Hosts = []request.Selector{request.Everything()}
	names := func() ([]string, error) { return evaluation.Names(ctx, s, r, w.Dir, w.Env) }
	j, err := Look(ctx, r, s, w.Dir, w.Env, names).join(r, inv, s)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range j.nixos {
		if _, node := j.nodes[name]; !node {
			configurations = append(configurations, name)
		}
	}
	for _, name := range j.placed.names {
		nodes = append(nodes, j.nodes[name])
	}
	return slices.Clip(configurations), nodes, nil
}
