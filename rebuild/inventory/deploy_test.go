package inventory

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

// deployRS stands in for deploy-rs, before an expression.
const deployRS = `
	inherit (import (nixpkgs + "/../deploy-rs.nix") { system = "aarch64-linux"; }) raw env newEnv custom nixosBy;
	nixos = nixosBy env;
	system = raw "nixos-system-my-web-25.11.git-1" { nixosLabel = "25.11.git-1"; } // { stdenv.hostPlatform.system = "riscv64-linux"; };
`

// What deploy-rs says of nodes, and the system that is in the path of a profile.
func TestDeploy(t *testing.T) {
	hive := `let ` + deployRS + ` in {
		sshUser = "everybody"; fastConnection = true; sshOpts = [ "-o" "StrictHostKeyChecking=no" ]; tempPath = "/tmp"; autoRollback = false;
		nodes.web = {
			hostname = "10.0.0.1"; sshUser = "ann"; user = "root"; sshOpts = [ "-p" "2121" "-i" "~/.ssh/web" ];
			remoteBuild = true; confirmTimeout = 60; activationTimeout = 600; fastConnection = false;
			profilesOrder = [ "late" "system" "gone" ];
			profiles.system = { path = nixos system; magicRollback = false; };
			profiles.early = { path = throw "not looked at"; user = "bob"; autoRollback = true; };
			profiles.late = { path = raw "late" { }; sshUser = "carol"; profilePath = "/nix/late"; };
		};
		nodes.new = { hostname = "new"; sshUser = "root"; profiles.system.path = nixosBy newEnv system; };
	}`
	var got struct {
		Names         []string
		Web, New      told
		Facts, Second []string
	}
	facts := func(node string) string {
		return `(let inherit (inventory.configurations.` + node + `) config; in [ config.networking.hostName config.nixpkgs.hostPlatform.system
			config.nixpkgs.buildPlatform.system config.system.build.toplevel.name ])`
	}
	said := evaluated(t, deployNix, hive, `{ inherit (inventory) names; web = inventory.describe "web"; new = inventory.describe "new"; facts = `+facts("web")+`; second = `+facts("new")+`; }`, &got)
	if said != "" {
		t.Fatal(said)
	}
	form := Form{Kind: Deploy}
	web := Node{
		Name: "web", Form: form, Host: "10.0.0.1", User: "ann", Port: 2121, Tags: []string{}, BuildOnTarget: true, Substitute: true,
		Set: []string{"autoRollback"}, SSH: []string{`identityfile "~/.ssh/web"`},
		Profiles: []Profile{{Name: "late", User: "root", Path: "/nix/late"}, {Name: "early", User: "bob", Restore: true}},
		Guard:    Guard{Off: true, Wait: time.Minute, Limit: 10 * time.Minute},
		unknown:  []string{`the ssh option "-o StrictHostKeyChecking=no"`},
	}
	if node := got.Web.node(form); !reflect.DeepEqual(node, web) {
		t.Errorf("%+v\nwant %+v", node, web)
	}
	if node := got.New.node(form); node.Substitute || node.User != "root" || node.Refused != "" || node.Guard != (Guard{}) {
		t.Errorf("%+v", node)
	}
	want := []string{"my-web", "riscv64-linux", "aarch64-linux", "nixos-system-my-web-25.11.git-1"}
	if !reflect.DeepEqual(got.Facts, want) || !reflect.DeepEqual(got.Second, want) {
		t.Errorf("%q %q", got.Facts, got.Second)
	}
	if ignored := strings.Join(web.Ignored(), " "); ignored != `autoRollback the ssh option "-o StrictHostKeyChecking=no"` {
		t.Error(ignored)
	}
}

// Which system a profile has is never guessed.
func TestDeployForms(t *testing.T) {
	for path, want := range map[string]string{
		`nixos system`: "",
		`custom system "$PROFILE/bin/switch-to-configuration switch"`:             "",
		`nixos (removeAttrs system [ "stdenv" "nixosLabel" ])`:                    "",
		`custom system "$PROFILE/bin/switch-to-configuration switch\necho hello"`: "has an activation of its own, of which nixhop does nothing (echo hello)",
		`custom system ":"`: "does not activate a NixOS system",
		`system`:            "does not tell which system is in it",
		`"/nix/store/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee-activatable-a"`: "does not tell which system is in it",
		`env { name = "activatable-a"; paths = [ system ]; }`:         "does not tell which system is in it",
		`raw "activatable-a" { }`:                                     "does not tell which system is in it",
	} {
		var name string
		said := evaluated(t, deployNix, `let `+deployRS+` in { nodes."a b" = { hostname = "a"; profiles.system.path = `+path+`; }; }`,
			`inventory.configurations."a b".config.system.build.toplevel.name`, &name)
		if want == "" && name != "nixos-system-my-web-25.11.git-1" || !strings.Contains(said, want) {
			t.Errorf("%s: %q %s", path, name, said)
		}
	}
	for node, want := range map[string]string{
		`profiles.home.path = "/x";`:                             "has no profiles.system",
		`profiles.system.user = "ann";`:                          `has its profiles.system for the user "ann"`,
		`sshUser = "ann"; profiles.system = { };`:                `has its profiles.system for the user "ann"`,
		`sshUser = "ann"; user = "root"; profiles.system = { };`: "",
		`profiles.system.profilePath = "/nix/x";`:                `has profiles.system.profilePath = "/nix/x"`,
	} {
		var got told
		said := evaluated(t, deployNix, `{ nodes.a = { hostname = "a"; `+node+` }; }`, `inventory.describe "a"`, &got)
		if said != "" || text(got.Refused) != want {
			t.Errorf("%s: %q %s", node, text(got.Refused), said)
		}
	}
	var drvs map[string]string
	said := evaluated(t, deployNix, `let `+deployRS+` in { nodes.a.profiles = { home.path = raw "home" { }; x.path = throw "not asked for"; }; }`, `inventory.derivations "a" [ "home" ]`, &drvs)
	if said != "" || len(drvs) != 1 || !strings.HasSuffix(drvs["home"], "-home.drv") {
		t.Errorf("%q %s", drvs, said)
	}
	if said := evaluated(t, deployNix, `{ nodes.a.profiles.home.path = "/nix/store/x"; }`, `inventory.derivations "a" [ "home" ]`, &drvs); !strings.Contains(said, "is no derivation") {
		t.Error(said)
	}
	// Another output of this name.
	for _, other := range []string{`x: x`, `{ type = "app"; }`, `{ nodes = null; }`} {
		var names []string
		if said := evaluated(t, deployNix, other, `inventory.names`, &names); said != "" || len(names) != 0 {
			t.Errorf("%s: %q %s", other, names, said)
		}
	}
}

// What of ssh's options is taken, and what is said of the others.
func TestReach(t *testing.T) {
	for options, want := range map[string]Node{
		"-p 22 -p 23":          {Port: 22},
		"-p22 -lann":           {Port: 22, User: "ann"},
		"-o Port=24 -oUser=bo": {Port: 24, User: "bo"},
		"-J gate:22 -i /k":     {SSH: []string{"proxyjump gate:22", `identityfile "/k"`}},
		"-o identityfile=rel":  {unknown: []string{`the ssh option "-o identityfile=rel"`}},
		"-F /a -p 22":          {Port: 22, unknown: []string{`the ssh option "-F /a"`}},
		"-A -q x":              {unknown: []string{`the ssh option "-A"`, `the ssh option "-q"`, `the ssh option "x"`}},
		"-A":                   {unknown: []string{`the ssh option "-A"`}},
		"-p":                   {unknown: []string{`the ssh option "-p"`}},
		"-p x":                 {unknown: []string{`the ssh option "-p x"`}},
		"-l -oProxyCommand=x":  {unknown: []string{`the ssh option "-l -oProxyCommand=x"`}},
		"-o ProxyCommand=x":    {unknown: []string{`the ssh option "-o ProxyCommand=x"`}},
	} {
		var got Node
		got.reach(strings.Fields(options))
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v", options, got)
		}
	}
	var got Node
	got.reach([]string{"-o", "Port 25", "-i", "/a\nProxyCommand x", "-J", "a b", ""})
	if got.Port != 25 || len(got.SSH) != 0 || len(got.unknown) != 3 {
		t.Errorf("%+v", got)
	}
}
