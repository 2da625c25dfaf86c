package selection

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"nixhop/rebuild/inventory"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
)

// hive is a catalogue of nodes, which counts what it is asked for.
type hive struct {
	nixos []string // nixosConfigurations
	nodes []inventory.Node
	asked []string
}

func (h *hive) catalogue() Catalogue {
	form := inventory.Form{Kind: inventory.Colmena, Output: "colmena"}
	var names []string
	for i := range h.nodes {
		h.nodes[i].Form = form
		names = append(names, h.nodes[i].Name)
	}
	return Catalogue{
		Names: func() ([]string, error) { h.asked = append(h.asked, "names"); return h.nixos, nil },
		forms: func() []inventory.Form { return []inventory.Form{form} },
		found: func([]inventory.Form) ([]inventory.Found, error) {
			h.asked = append(h.asked, "found")
			return []inventory.Found{{Form: form, Names: names, Set: []string{"meta.machinesFile"}}}, nil
		},
		nodes: func(_ inventory.Form, wanted []string) ([]inventory.Node, error) {
			h.asked = append(h.asked, "nodes "+strings.Join(wanted, ","))
			return slices.DeleteFunc(slices.Clone(h.nodes), func(n inventory.Node) bool { return !slices.Contains(wanted, n.Name) }), nil
		},
	}
}

const nodesConfig = `Host web
  HostName 10.0.0.9
  User ann
  # nixhop: tags=edge
Host short
  # nixhop: configuration=db
Host plain
`

// Which nodes are meant, how each is reached, and what is asked of the flake for it.
func TestJoin(t *testing.T) {
	nodes := []inventory.Node{
		{Name: "web", Host: "10.0.0.1", User: "root", Port: 2222, Tags: []string{"front"}, Set: []string{"replaceUnknownProfiles"}},
		{Name: "db", Host: "10.0.0.2", User: "admin", BuildOnTarget: true, Tags: []string{"back"}},
		{Name: "plain", Host: "10.0.0.3", User: "bob", Port: 23},
		{Name: "cold"},
		{Name: "ghost", Host: "-oProxyCommand=x"},
		{Name: "cloud", Host: "c", Refused: `deployment.targetEnv = "ec2"`},
		{Name: "image", Host: "i", BuildOnly: true},
		{Name: "both", Host: "10.0.0.7"},
	}
	for _, c := range []struct{ line, want, asked string }{
		// The alias comes first (its login and its address are ssh's affair), then the node: its login, its port, its
		// address.
		{"switch web", "web web:2222", "names; found; nodes web"},
		{"switch root@web", "web root@web:2222", "names; found; nodes web"},
		{"switch plain", "plain bob@plain:23 hostname 10.0.0.3", "names; found; nodes plain"},
		{"switch db", "db admin@10.0.0.2 there", "names; found; nodes db"},
		{"switch short", "db short there", "names; found; nodes db"},
		{"switch 192.0.2.1=web", "web 192.0.2.1", "names; found; nodes web"},
		{"switch @front @edge", "web web:2222", "names; found; nodes web,db,plain,cold,ghost,cloud,image"},
		{"switch w*", "web web:2222", "names; found; nodes web"},
		// What the flake has itself is asked for nothing else.
		{"switch both", "both", "names"},
		{"switch both --inventory colmena", "both 10.0.0.7", "found; nodes both"},
		{"build image", "image i", "names; found; nodes image"},
		{"switch cold", `error: "cold" has no address: it has no deployment.targetHost, and the ssh config no such alias`, "names; found; nodes cold"},
		{"switch ghost", `error: node "ghost": `, "names; found; nodes ghost"},
		{"switch cloud", `error: node "cloud" has deployment.targetEnv = "ec2", and nixhop makes no machines`, "names; found; nodes cloud"},
		{"switch image", `error: node "image" has deployment.buildOnly, so that switch is not for it`, "names; found; nodes image"},
		{"upload-keys stranger.example", `error: "stranger.example" is no node of an inventory, so that it has no keys`, "names; found"},
	} {
		h := &hive{nixos: []string{"both"}, nodes: slices.Clone(nodes)}
		r, err := request.Parse(strings.Fields(c.line), func(string) bool { return true })
		if err != nil {
			t.Fatalf("%s: %v", c.line, err)
		}
		chosen, err := Choose(r, inventoryOf(t, nodesConfig), source.Source{Flake: "."}, h.catalogue())
		var usage *request.UsageError
		got := ""
		switch {
		case errors.As(err, &usage):
			got = "error: " + usage.Message
		case err != nil:
			t.Fatalf("%s: %v", c.line, err)
		}
		for _, target := range chosen.Targets {
			got += reached(target)
		}
		if got = strings.TrimSpace(got); got != c.want && !(strings.HasPrefix(c.want, "error: ") && strings.HasPrefix(got, c.want)) {
			t.Errorf("%s: %q, want %q", c.line, got, c.want)
		}
		if asked := strings.Join(h.asked, "; "); asked != c.asked {
			t.Errorf("%s asks for %q, want %q", c.line, asked, c.asked)
		}
	}
}

// reached is a target with its node and the way there.
func reached(t source.Target) string {
	text := t.Host.String()
	if t.Node != nil {
		text = t.Node.Name + " " + text
	}
	if t.Host.Port != 0 {
		text += ":" + strconv.Itoa(t.Host.Port)
	}
	for _, line := range t.Lines {
		text += " " + line
	}
	if t.Hints.BuildHost == "target" {
		text += " there"
	}
	return text + " "
}

// What is set and not acted on is said once, with the nodes of the run that set it.
func TestNotes(t *testing.T) {
	h := &hive{nodes: []inventory.Node{{Name: "a", Host: "a", Set: []string{"replaceUnknownProfiles", "tags"}}, {Name: "b", Host: "b", Set: []string{"replaceUnknownProfiles"}}}}
	r, err := request.Parse(strings.Fields("switch a b"), func(string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	chosen, err := Choose(r, inventoryOf(t, ""), source.Source{Flake: "."}, h.catalogue())
	want := "nixhop does not act on meta.machinesFile, which the inventory sets; nixhop does not act on deployment.replaceUnknownProfiles, set for a, b"
	if got := strings.Join(chosen.Ignored, "; "); err != nil || got != want {
		t.Errorf("%q, %v", got, err)
	}
}

// The nodes of deploy-rs stand beside the nixosConfigurations of their names, and are asked for all the same.
func TestJoinBeside(t *testing.T) {
	deploys := inventory.Form{Kind: inventory.Deploy, Output: "deploy"}
	for _, c := range []struct{ line, want, asked string }{
		{"switch web", "web ann@10.0.0.1:2222 proxyjump gate", "deploy"},
		{"test web", "web ann@10.0.0.1:2222 proxyjump gate", "deploy"},
		{"switch other", "other", "deploy"},
		{"switch web --inventory flake", "web", ""},
		{"switch web --inventory deploy", "web ann@10.0.0.1:2222 proxyjump gate", "deploy"},
		{"switch w*", "web ann@10.0.0.1:2222 proxyjump gate", "colmena,deploy"},
	} {
		r, err := request.Parse(strings.Fields(c.line), func(string) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		var asked []string
		catalogue := Catalogue{
			Names: func() ([]string, error) { return []string{"web", "other"}, nil },
			forms: func() []inventory.Form {
				if r.Has("--inventory") {
					return inventory.Forms(inventory.Kind(r.Value("--inventory")))
				}
				return []inventory.Form{{Kind: inventory.Colmena, Output: "colmena"}, deploys}
			},
			found: func(forms []inventory.Form) (found []inventory.Found, _ error) {
				for _, f := range forms {
					asked = append(asked, string(f.Kind))
					found = append(found, inventory.Found{Form: f, Names: []string{"web"}})
				}
				return found, nil
			},
			nodes: func(f inventory.Form, _ []string) ([]inventory.Node, error) {
				return []inventory.Node{{Name: "web", Form: f, Host: "10.0.0.1", User: "ann", Port: 2222, SSH: []string{"proxyjump gate"}, Profiles: []inventory.Profile{{Name: "home", User: "ann"}}}}, nil
			},
		}
		if r.Value("--inventory") == string(inventory.Flake) {
			catalogue.forms = nil
		}
		chosen, err := Choose(r, inventoryOf(t, ""), source.Source{Flake: "."}, catalogue)
		if err != nil {
			t.Fatalf("%s: %v", c.line, err)
		}
		got := ""
		for _, target := range chosen.Targets {
			got += reached(target)
		}
		if got = strings.TrimSpace(got); got != c.want || strings.Join(asked, ",") != c.asked {
			t.Errorf("%s: %q, asked for %q", c.line, got, asked)
		}
		note := `this is for the system of node "web" alone, and not for its other profiles: home`
		if said := strings.Join(chosen.Ignored, "; "); strings.HasPrefix(c.line, "test ") != (said == note) {
			t.Errorf("%s: %q", c.line, said)
		}
	}
}
