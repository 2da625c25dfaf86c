package selection

import (
	"context"
	"slices"

	"nixhop/rebuild/evaluation"
	"nixhop/rebuild/inventory"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
)

// Catalogue tells what there is to deploy, beside what stands in the ssh config. Nothing is asked before it is wanted.
type Catalogue struct {
	Names func() ([]string, error) // the flake's nixosConfigurations; nil: nobody knows any

	forms func() []inventory.Form // of other inventories that may be there; nil: there are none
	found func(forms []inventory.Form) ([]inventory.Found, error)
	nodes func(f inventory.Form, names []string) ([]inventory.Node, error)
}

// Look is the catalogue of a source, for a request made in a directory. names are the flake's nixosConfigurations. The
// names of nodes are kept for the completion; env says where.
func Look(
	ctx context.Context, r request.Request, s source.Source, dir string, env func(string) string, names func() ([]string, error),
) Catalogue {
	forms := inventory.Forms(inventory.Kind(r.Value("--inventory")))
	switch {
	case !s.Form.IsNone():
		forms = []inventory.Form{s.Form}
	case r.TargetHostFlag || !s.IsFlake() || r.Value("--inventory") == string(inventory.Flake):
		return Catalogue{Names: names}
	}
	where := s.Where()
	return Catalogue{
		Names: names,
		forms: func() []inventory.Form { // which may read many files
			if r.Has("--inventory") || !s.IsFlake() {
				return forms
			}
			return s.MayHold(dir, forms)
		},
		found: func(forms []inventory.Form) ([]inventory.Found, error) {
			found, err := inventory.Find(ctx, where, r, forms)
			if err == nil {
				evaluation.SeeNodes(s, dir, env, place(found, nil).names)
			}
			return found, err
		},
		nodes: func(f inventory.Form, names []string) ([]inventory.Node, error) { return f.Nodes(ctx, where, r, names) },
	}
}

// placed are the nodes of the inventories, each once, by their names: those that no nixosConfiguration has, which comes
// first, unless an inventory is chosen, or deploys just these.
type placed struct {
	names []string // in the order of the inventories
	form  map[string]inventory.Form
	set   []string // what is set of a whole inventory
}

func place(found []inventory.Found, taken []string) placed {
	p := placed{form: map[string]inventory.Form{}}
	for _, f := range found {
		p.set = append(p.set, f.Set...)
		for _, name := range f.Names {
			if _, before := p.form[name]; !before && (f.Form.Beside() || !slices.Contains(taken, name)) {
				p.names, p.form[name] = append(p.names, name), f.Form
			}
		}
	}
	return p
}

// describe are the nodes of these names, by name.
func (c Catalogue) describe(p placed, names []string) (map[string]inventory.Node, error) {
	nodes := map[string]inventory.Node{}
	byForm := map[inventory.Form][]string{}
	var forms []inventory.Form
	for _, name := range names {
		form, ok := p.form[name]
		if !ok || slices.Contains(byForm[form], name) {
			continue
		}
		if byForm[form] == nil {
			forms = append(forms, form)
		}
		byForm[form] = append(byForm[form], name)
	}
	for _, form := range forms {
		all, err := c.nodes(form, byForm[form])
		if err != nil {
			return nil, err
		}
		for _, n := range all {
			nodes[n.Name] = n
		}
	}
	return nodes, nil
}
