package source

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nixhop/rebuild/request"
)

func TestAttributePath(t *testing.T) {
	for text, want := range map[string][]string{
		"":               nil,
		"a":              {"a"},
		"a.b-c.1":        {"a", "b-c", "1"},
		`a."b.c".d`:      {"a", "b.c", "d"},
		`hosts."x y"`:    {"hosts", "x y"},
		`systems."${a}"`: {"systems", "${a}"},
	} {
		if got := attributePath(text); !slices.Equal(got, want) {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func TestSourceExpression(t *testing.T) {
	for file, want := range map[string]string{
		"":                    "import <nixpkgs/nixos>",
		"<nixpkgs/nixos>":     "import <nixpkgs/nixos>",
		"<a b>":               `import (./. + "/<a b>")`,
		"x.nix":               `import (./. + "/x.nix")`,
		"../a b/":             `import (./. + "/../a b/")`,
		"/etc/nixos/${x}.nix": `import "/etc/nixos/\${x}.nix"`,
	} {
		if got := sourceExpression(file); got != want {
			t.Errorf("%q: %s", file, got)
		}
	}
}

// needsNix leaves a test out on a machine without Nix, where the others are still worth running; CI has Nix.
func needsNix(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("nix-instantiate"); err != nil {
		t.Skip("Nix is not installed")
	}
}

// nix evaluates an expression to JSON in a directory, and returns what it traced beside it.
func nix(t *testing.T, dir, expression string) (value any, trace string) {
	t.Helper()
	needsNix(t)
	cmd := exec.Command("nix-instantiate", "--eval", "--strict", "--json", "--expr", expression)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "NIX_STATE_DIR="+t.TempDir(), "NIX_STORE_DIR="+t.TempDir(), "NIXOS_CONFIG=")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, stderr.String()
	}
	if err := json.Unmarshal(out, &value); err != nil {
		t.Fatal(err)
	}
	return value, stderr.String()
}

// Without a flake, the configuration is what nix-instantiate would find: functions on the way are called with the
// arguments that they take.
func TestClassicExpression(t *testing.T) {
	dir := t.TempDir()
	file := `{ system ? "default", ... }@all: {
		plain = "plain ${system}";
		functions = { a = { q }: q; any = { ... }@all: builtins.attrNames all; none = { }: "none"; one = x: x; };
		list = [ 1 { z = all.more or "no"; } ];
		functor = { __functor = self: { q ? "f" }: { value = q; }; };
		"dotted.name" = 7;
	}`
	if err := os.WriteFile(filepath.Join(dir, "x.nix"), []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ words, want string }{
		{"-A plain", `"plain default"`},
		{"-A plain --argstr system mine", `"plain mine"`},
		{"-A plain --arg system (toString(1+1)#)", `"plain 2"`},
		{"-A functions.a --arg q 5", "5"},
		{"-A functions.any --arg q 5 --arg r 6", `["q","r"]`},
		{"-A functions.none --arg q 5", `"none"`},
		{"-A list.1.z --arg more 8", "8"},
		{"-A list.1.z", `"no"`},
		{"-A functor.value --argstr q ${x}", `"${x}"`},
		{"-A functor.value", `"f"`},
		{`-A "dotted.name"`, "7"},
	} {
		r := parse(t, "switch web -f x.nix "+c.words)
		for i, f := range r.Flags {
			if f.Name == "--arg" && f.Values[0] == "system" {
				r.Flags[i].Values[1] = "toString (1 + 1) # two"
			}
		}
		value, said := nix(t, dir, Wanted{Request: r, Source: Source{File: r.File, Attr: r.Attr}}.classic())
		got, _ := json.Marshal(value)
		if string(got) != c.want {
			t.Errorf("%s: %s\n%s", c.words, got, said)
		}
	}
	for words, want := range map[string]string{
		"-A functions.missing": "there is no attribute 'missing' on the way functions.missing",
		"-A functions.a":       "called without required argument 'q'",
	} {
		r := parse(t, "switch web -f x.nix "+words)
		if _, said := nix(t, dir, Wanted{Request: r, Source: Source{File: r.File, Attr: r.Attr}}.classic()); !strings.Contains(said, want) {
			t.Errorf("%s: %s", words, said)
		}
	}
}

// The projects of npins and niv: what nixos-rebuild is called with there is evaluated to the same configuration.
func TestPinned(t *testing.T) {
	nixpkgs, err := filepath.Abs("../../testdata/lab/flake/nixpkgs")
	if err != nil {
		t.Fatal(err)
	}
	const system = `import (sources.nixpkgs + "/nixos/lib/eval-config.nix") { system = "a-linux"; modules = [ { networking.hostName = "web"; } ]; }`
	dir := t.TempDir()
	for path, text := range map[string]string{
		// As both write them: sources with an outPath, in a set that can be called, too.
		"npins/default.nix": `let sources = { nixpkgs = { type = "Channel"; outPath = ` + nixpkgs + `; }; }; in sources // { __functor = self: settings: sources; }`,
		"nix/sources.nix":   `{ sourcesFile ? ./sources.json, pkgs ? throw "nobody asks for them" }: { nixpkgs = { branch = "x"; outPath = ` + nixpkgs + `; }; __functor = _: settings: throw "no"; }`,
		"default.nix":       `let sources = import ./npins; in { web = ` + system + `; }`,
		"system.nix":        `{ sources ? import ./nix/sources.nix { }, ... }: { hosts.web = ` + system + `; }`,
		"one.nix":           `let sources = import ./npins { }; in ` + system,
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, path)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, path), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, words := range []string{"-f . -A web", "-f default.nix -A web", "-A hosts.web", "-f system.nix -A hosts.web --arg x 1", "-f one.nix"} {
		r := parse(t, "switch web "+words)
		exists := func(path string) bool { _, err := os.Stat(path); return err == nil }
		s := FindSource(r, dir, exists, func(path string) string { return path })
		value, said := nix(t, dir, "("+factsNix+") ("+Wanted{Request: r, Source: s}.classic()+")")
		facts, _ := value.(map[string]any)
		if facts["hostName"] != "web" || facts["system"] != "a-linux" {
			t.Errorf("%s: %v\n%s", words, value, said)
		}
	}
}

// What a configuration says of itself, and that one which lacks everything, or fails everywhere, still says what it
// can.
func TestFactsOfConfigurations(t *testing.T) {
	for _, c := range []struct{ configuration, want string }{
		{`{ config = { }; }`, `{"buildSystem":null,"files":[],"hostName":null,"implied":false,"refused":["extendModules"],"system":null}`},
		{`{ config = throw "no"; options = throw "no"; extendModules = throw "no"; }`,
			`{"buildSystem":null,"files":[],"hostName":null,"implied":false,"refused":[],"system":null}`},
		{`{ extendModules = x: x; config = { networking.hostName = "web"; nixpkgs.hostPlatform.system = "a-linux"; nixpkgs.buildPlatform.system = "b-linux"; }; }`,
			`{"buildSystem":"b-linux","files":[],"hostName":"web","implied":false,"refused":[],"system":"a-linux"}`},
		// nixosSystem { system = "a-linux"; }
		{`{ extendModules = x: x;
			options.nixpkgs = { hostPlatform.isDefined = false; buildPlatform = { }; system.highestPrio = 1000; };
			config.nixpkgs = { hostPlatform = throw "used but not defined"; buildPlatform = throw "no"; localSystem.system = "a-linux"; crossSystem = null; }; }`,
			`{"buildSystem":"a-linux","files":[],"hostName":null,"implied":true,"refused":[],"system":"a-linux"}`},
		// nixpkgs.system = "a-linux", and a localSystem beside it
		{`{ extendModules = x: x;
			options.nixpkgs = { hostPlatform.isDefined = false; buildPlatform = { }; system.highestPrio = 100; localSystem = { highestPrio = 100; files = [ "/a" /b ]; }; };
			config.nixpkgs = { localSystem.system = "a-linux"; }; }`,
			`{"buildSystem":"a-linux","files":["/a","/b"],"hostName":null,"implied":true,"refused":["nixpkgs.localSystem","nixpkgs.system"],"system":"a-linux"}`},
		// The legacy options count for nothing beside hostPlatform.
		{`{ extendModules = x: x; options.nixpkgs = { hostPlatform.isDefined = true; buildPlatform = { }; system.highestPrio = 100; };
			config.nixpkgs.hostPlatform.system = "a-linux"; }`,
			`{"buildSystem":"a-linux","files":[],"hostName":null,"implied":false,"refused":[],"system":"a-linux"}`},
		// nixpkgs.pkgs: what the packages are, not what the options say.
		{`{ extendModules = x: x; options.nixpkgs = { hostPlatform.isDefined = true; buildPlatform = { }; pkgs.isDefined = true; };
			config.nixpkgs.hostPlatform.system = "a-linux"; pkgs.stdenv = { hostPlatform.system = "c-linux"; buildPlatform.system = "d-linux"; }; }`,
			`{"buildSystem":"d-linux","files":[],"hostName":null,"implied":false,"refused":["nixpkgs.pkgs"],"system":"c-linux"}`},
		// NixOS 21.11
		{`{ extendModules = x: x; options.nixpkgs.system.highestPrio = 100; config = { }; pkgs.stdenv.hostPlatform.system = "a-linux"; }`,
			`{"buildSystem":"a-linux","files":[],"hostName":null,"implied":false,"refused":["nixpkgs.buildPlatform"],"system":"a-linux"}`},
	} {
		value, said := nix(t, t.TempDir(), "("+factsNix+") ("+c.configuration+")")
		got, _ := json.Marshal(value)
		if string(got) != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s\n%s", c.configuration, got, c.want, said)
		}
	}
}

// The build platform is forced by a module of its own, with the host platform beside it where that is only implied.
func TestEvaluateForces(t *testing.T) {
	for _, c := range []struct{ name, options, forced string }{
		{"with a host platform", "hostPlatform.isDefined = true; buildPlatform = { };", `{"buildPlatform":{"_type":"override","content":"b-linux","priority":50}}`},
		{"with an implied one", "hostPlatform.isDefined = false; buildPlatform = { };",
			`{"buildPlatform":{"_type":"override","content":"b-linux","priority":50},"hostPlatform":{"_type":"override","content":"a-linux","priority":1000}}`},
	} {
		configuration := `rec {
			options.nixpkgs = { ` + c.options + ` };
			config.nixpkgs = { localSystem.system = "a-linux"; };
			extendModules = { modules }: {
				inherit options;
				config = { system.build.toplevel = { system = "b-linux"; drvPath = builtins.toJSON (builtins.head modules).nixpkgs; }; };
			};
		}`
		value, said := nix(t, t.TempDir(), Wanted{Cross: "b-linux"}.toDerivation()+" ("+configuration+")")
		if value != c.forced || !strings.Contains(said, factsMark) {
			t.Errorf("%s: %v\n%s", c.name, value, said)
		}
	}
}

func parse(t *testing.T, line string) request.Request {
	t.Helper()
	r, err := request.Parse(strings.Fields(line), func(string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	return r
}
