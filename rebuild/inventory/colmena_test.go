package inventory

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// nixpkgs stands in for it; hive is an expression in which it is `nixpkgs`.
const nixpkgs = "../../testdata/lab/flake/nixpkgs"

// evaluated is what nix makes of an inventory in a form; what it said stands in the error.
func evaluated(t *testing.T, expression, hive, body string, into any, words ...string) string {
	t.Helper()
	if _, err := exec.LookPath("nix-instantiate"); err != nil {
		t.Skip("Nix is not installed") // CI has it
	}
	path, err := filepath.Abs(nixpkgs)
	if err != nil {
		t.Fatal(err)
	}
	text := "let nixpkgs = " + path + "; inventory = (" + expression + ") (" + hive + "); in " + body
	cmd := exec.Command("nix-instantiate", append([]string{"--eval", "--strict", "--json", "--expr", text}, words...)...)
	cmd.Env = append(os.Environ(), "NIX_STATE_DIR="+t.TempDir(), "NIX_STORE_DIR="+t.TempDir())
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return stderr.String()
	}
	if err := json.Unmarshal(out, into); err != nil {
		t.Fatal(err)
	}
	return ""
}

// A hive of the guide's kind, with all that meta, defaults and the options of a deployment can say.
const wholeHive = `{
	meta = {
		nixpkgs = import nixpkgs { system = "x86_64-linux"; };
		nodeNixpkgs.arm = import nixpkgs { system = "aarch64-linux"; overlays = [ (a: b: { }) ]; config.allowUnfree = true; };
		specialArgs = { word = "said"; };
		nodeSpecialArgs.arm = { word = "otherwise"; };
		machinesFile = "/etc/nix/machines";
		allowApplyAll = false;
	};
	defaults = { name, lib, ... }: { networking.hostName = lib.mkDefault name; deployment.tags = [ "all" ]; };
	"my-nixos" = { name, nodes, word, ... }: {
		deployment.targetHost = "192.168.5.42";
		deployment.targetUser = "root";
		deployment.targetPort = 2222;
		deployment.tags = [ word "arm-is-${nodes.arm.config.networking.hostName}" ];
		deployment.sshOptions = [ "-A" "-J" "gate" ];
		deployment.replaceUnknownProfiles = true;
		deployment.keys."token" = { keyCommand = [ "pass" "token" ]; user = "web"; uploadAt = "post-activation"; };
		deployment.keys.file = { text = throw "a key is not looked at"; name = "renamed"; destDir = "/var/keys"; };
		imports = [ { lab.message = "hello"; } ];
	};
	arm = [
		({ word, ... }: { deployment.targetHost = null; deployment.targetUser = null; networking.hostName = word; })
		{ deployment.buildOnTarget = true; }
	];
	plain = { };
}`

func TestColmena(t *testing.T) {
	var got struct {
		Names, Set []string
		Nodes      []told
		Systems    []string
		Settings   []any
	}
	said := evaluated(t, colmenaNix, wholeHive, `{
		inherit (inventory) names set;
		nodes = map inventory.describe inventory.names;
		systems = map (n: inventory.configurations.${n}.config.nixpkgs.system) inventory.names;
		settings = [ inventory.configurations.arm.config.nixpkgs.config (builtins.length inventory.configurations.arm.config.nixpkgs.overlays) ];
	}`, &got)
	if said != "" {
		t.Fatal(said)
	}
	var nodes []Node
	for _, n := range got.Nodes {
		nodes = append(nodes, n.node(Form{Kind: Colmena}))
	}
	form := Form{Kind: Colmena}
	want := []Node{
		{Name: "arm", Form: form, Tags: []string{"all"}, BuildOnTarget: true, Set: []string{"buildOnTarget", "tags", "targetHost", "targetUser"}},
		{
			Name: "my-nixos", Form: form, Host: "192.168.5.42", User: "root", Port: 2222, Tags: []string{"all", "said", "arm-is-otherwise"},
			Set: []string{"keys", "replaceUnknownProfiles", "sshOptions", "tags", "targetHost", "targetPort", "targetUser"},
			SSH: []string{"proxyjump gate"}, unknown: []string{`the ssh option "-A"`},
			Keys: []Key{
				{ID: "file", Name: "renamed", Path: "/var/keys/renamed", User: "root", Group: "root", Permissions: "0600", Command: []string{}},
				{ID: "token", Name: "token", Path: "/run/keys/token", User: "web", Group: "root", Permissions: "0600", After: true, Command: []string{"pass", "token"}},
			},
		},
		{Name: "plain", Form: form, Host: "plain", User: "root", Tags: []string{"all"}, Set: []string{"tags"}},
	}
	if !reflect.DeepEqual(nodes, want) {
		t.Errorf("%+v\nwant %+v", nodes, want)
	}
	if strings.Join(got.Names, " ") != "arm my-nixos plain" || strings.Join(got.Set, " ") != "meta.machinesFile meta.allowApplyAll" ||
		strings.Join(got.Systems, " ") != "aarch64-linux x86_64-linux x86_64-linux" {
		t.Errorf("%+v", got)
	}
	if !reflect.DeepEqual(got.Settings, []any{map[string]any{"allowUnfree": true}, 1.0}) {
		t.Errorf("%v", got.Settings)
	}
	if ignored := strings.Join(nodes[1].Ignored(), " "); ignored != `deployment.replaceUnknownProfiles the ssh option "-A"` {
		t.Error(ignored)
	}
}

// What colmena's makeHive has made is taken as it is.
func TestColmenaHive(t *testing.T) {
	made := `let raw = (` + colmenaNix + `) ` + wholeHive + `; in { __schema = "v0.5"; nodes = raw.configurations; metaConfig = { allowApplyAll = false; }; }`
	var got struct {
		Set  []string
		Node told
	}
	if said := evaluated(t, colmenaNix, made, `{ inherit (inventory) set; node = inventory.describe "my-nixos"; }`, &got); said != "" {
		t.Fatal(said)
	}
	if text(got.Node.Host) != "192.168.5.42" || strings.Join(got.Set, " ") != "meta.allowApplyAll" {
		t.Errorf("%+v", got)
	}
}

// The forms in which colmena takes a nixpkgs and a hive, and what is said of others.
func TestColmenaForms(t *testing.T) {
	for hive, want := range map[string]string{
		`{ network.nixpkgs = nixpkgs; a = { }; }`:       "",
		`{ meta.nixpkgs = import nixpkgs; a = { }; }`:   "",
		`{ ... }: { meta.nixpkgs = nixpkgs; a = { }; }`: "",
		`{ a = { }; }`: "",
		`{ meta.nixpkgs = nixpkgs; network = { }; a = { }; }`:                                      "has both `meta` and `network`",
		`{ meta.nixpkgs = nixpkgs; a.deployment.targetHots = "b"; }`:                               "`deployment.targetHots' does not exist",
		`{ meta.nixpkgs = nixpkgs; a.deployment.targetPort = "22"; }`:                              "`deployment.targetPort' is not of its type",
		`{ meta.nixpkgs = nixpkgs; a = { nodes, ... }: { deployment.tags = [ nodes.b.name ]; }; }`: "attribute 'b' missing",
	} {
		var node told
		said := evaluated(t, colmenaNix, hive, `inventory.describe "a"`, &node, "-I", "nixpkgs="+nixpkgs)
		if want == "" && (said != "" || text(node.Host) != "a") || !strings.Contains(said, want) {
			t.Errorf("%s: %s", hive, said)
		}
	}
}
