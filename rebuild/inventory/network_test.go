package inventory

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

// A network with what NixOps and morph know of nodes.
func TestNetworks(t *testing.T) {
	for _, c := range []struct {
		kind    Kind
		network string
		names   string
		set     string
		want    Node
		ignored string
	}{
		{NixOps, `{
			inherit nixpkgs;
			network.description = "two";
			network.enableRollback = true;
			defaults = { name, ... }: { lab.message = "I am ${name}"; };
			resources.sshKeyPairs = { };
			web = { nodes, resources, ... }: {
				nixpkgs.system = "x86_64-linux";
				deployment.targetHost = "10.0.0.1";
				deployment.targetPort = 2222;
				deployment.hasFastConnection = true;
				deployment.owners = [ nodes.db.config.networking.hostName resources.machines.db.networking.hostName ];
				deployment.keys.token = { text = throw "a key is not looked at"; user = "web"; destDir = "/var/keys"; };
				deployment.keys.file.keyFile = "/etc/secret";
			};
			db = { };
		}`, "db web", "network.enableRollback resources", Node{
			Name: "web", Host: "10.0.0.1", User: "root", Port: 2222, Tags: []string{},
			Set: []string{"hasFastConnection", "keys", "owners", "targetHost", "targetPort"},
			Keys: []Key{
				{ID: "file", Name: "file", Path: "/run/keys/file", User: "root", Group: "root", Permissions: "0600", File: "/etc/secret", Command: []string{}},
				{ID: "token", Name: "token", Path: "/var/keys/token", User: "web", Group: "root", Permissions: "0600", Command: []string{}},
			},
		}, "deployment.owners"},
		{NixOps, `{ ... }: { network.nixpkgs = import nixpkgs { system = "x86_64-linux"; }; web.deployment.targetEnv = "ec2"; web.deployment.ec2.region = "here"; }`, "web", "", Node{
			Name: "web", Host: "web", User: "root", Tags: []string{}, Set: []string{"ec2", "targetEnv"}, Refused: `deployment.targetEnv = "ec2"`, Substitute: true,
		}, "deployment.ec2"},
		{Morph, `{
			network = { pkgs = import nixpkgs { system = "x86_64-linux"; }; description = "x"; ordering.tags = [ "a" ]; };
			defaults = { lib, ... }: { deployment.targetUser = lib.mkDefault "bob"; deployment.substituteOnDestination = true; };
			web = { config, name, nodes, ... }: {
				deployment = {
					targetUser = "ann"; tags = [ "front" ]; buildOnly = true;
					healthChecks.http = [ { description = "a site"; port = 80; headers.Host = "a"; } { description = "b"; host = "::1"; scheme = "https"; port = 443; path = "/b"; insecureSSL = true; timeout = 0; } ];
					healthChecks.cmd = [ { description = "none"; } { description = "up"; cmd = [ "test" "-e" "/up" ]; period = 1; timeout = 9; } ];
					preDeployChecks.cmd = [ { description = "up"; cmd = [ "true" ]; } ];
					secrets.token = { source = "secrets/token"; destination = "/etc/token"; owner.user = "web"; action = [ "systemctl" "restart" "web" ]; };
					secrets.late = { source = "/late"; destination = "/late"; permissions = "0440"; uploadAt = "post-activation"; };
				};
			};
		}`, "web", "network.ordering", Node{
			Name: "web", Host: "web", User: "ann", Tags: []string{"front"}, BuildOnly: true,
			Set:        []string{"buildOnly", "healthChecks", "preDeployChecks", "secrets", "substituteOnDestination", "tags", "targetUser"},
			Substitute: true,
			Health: []HealthCheck{
				{Name: "up", Command: "test -e /up", Period: time.Second, Timeout: 9 * time.Second},
				{Name: "a site", Request: HTTPRequest{Scheme: "http", Port: 80, Path: "/", Headers: map[string]string{"Host": "a"}}, Period: 2 * time.Second, Timeout: 5 * time.Second},
				{Name: "b", Request: HTTPRequest{Scheme: "https", Host: "::1", Port: 443, Path: "/b", Headers: map[string]string{}, Insecure: true}, Period: 2 * time.Second},
			},
			Keys: []Key{
				{ID: "late", Name: "late", Path: "/late", User: "root", Group: "root", Permissions: "0440", After: true, MakeDirs: true, File: "/late", Command: []string{}, Action: []string{}},
				{ID: "token", Name: "token", Path: "/etc/token", User: "web", Group: "root", Permissions: "0400", MakeDirs: true, File: "dir/secrets/token", Command: []string{}, Action: []string{"systemctl", "restart", "web"}},
			},
		}, "deployment.preDeployChecks"},
	} {
		var got struct {
			Names, Set []string
			Node       told
			Host       string
		}
		body := `{ inherit (inventory) names set; node = inventory.describe "web"; host = inventory.configurations.web.config.networking.hostName; }`
		if said := evaluated(t, network(c.kind), c.network, body, &got); said != "" {
			t.Error(said)
			continue
		}
		form := Form{Kind: c.kind}
		c.want.Form = form
		node := got.Node.node(form).in(Where{File: "dir/network.nix"})
		if !reflect.DeepEqual(node, c.want) {
			t.Errorf("%s: %+v\nwant %+v", c.kind, node, c.want)
		}
		if strings.Join(got.Names, " ") != c.names || strings.Join(got.Set, " ") != c.set || got.Host != "web" {
			t.Errorf("%s: %+v", c.kind, got)
		}
		if ignored := strings.Join(node.Ignored(), " "); ignored != c.ignored {
			t.Errorf("%s: %s", c.kind, ignored)
		}
	}
}

// What is said of networks that cannot be read.
func TestNetworksRefused(t *testing.T) {
	for text, want := range map[string]string{
		`{ inherit nixpkgs; require = [ ./other.nix ]; a = { }; }`:                   "names others with `require`",
		`{ inherit nixpkgs; a.deployment.targetHots = "b"; }`:                        "`deployment.targetHots' does not exist",
		`{ inherit nixpkgs; a = { uuid, ... }: { deployment.owners = [ uuid ]; }; }`: "no network has a uuid here",
	} {
		var node map[string]any
		if said := evaluated(t, network(NixOps), text, `builtins.deepSeq (inventory.configurations.a.config.deployment) (inventory.describe "a")`, &node); !strings.Contains(said, want) {
			t.Errorf("%s: %s", text, said)
		}
	}
}

// What is asked for of a node at an address.
func TestURL(t *testing.T) {
	for want, r := range map[string]HTTPRequest{
		"http://10.0.0.1:80/":    {Scheme: "http", Port: 80, Path: "/"},
		"https://[::1]:443/a?b":  {Scheme: "https", Host: "::1", Port: 443, Path: "/a?b"},
		"https://[fe80::1]:1/":   {Scheme: "https", Host: "[fe80::1]", Port: 1, Path: "/"},
		"http://a.example:8080/": {Scheme: "http", Host: "a.example", Port: 8080, Path: "/"},
	} {
		if got := r.URL("10.0.0.1"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Which inventory a file of a name holds, and which forms a flake may have.
func TestKinds(t *testing.T) {
	for file, want := range map[string]Kind{"hive.nix": Colmena, "nixops.nix": NixOps, "network.nix": "", "default.nix": ""} {
		if got := KindOf(file); got != want {
			t.Errorf("%s: %q", file, got)
		}
	}
	var outputs []string
	for _, f := range Forms("") {
		outputs = append(outputs, f.Output)
	}
	if got := strings.Join(outputs, " "); got != "colmenaHive colmena nixopsConfigurations.default deploy" || len(Forms(Morph)) != 0 {
		t.Error(got)
	}
	if _, is := InFile(Deploy); is {
		t.Error("deploy-rs has nodes in a file")
	}
	if f, is := InFile(Morph); !is || f.Kind != Morph || f.Called() != "the morph inventory" {
		t.Errorf("%+v", f)
	}
}
