package request

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// labHosts are the aliases that the tests' ssh config has.
func labHosts(name string) bool {
	return slices.Contains([]string{"web", "db", "test", "help", "h", "--plan", "build-vm"}, name)
}

// summary writes what matters of a request as one line, so that a table of cases stays readable.
func summary(r Request) string {
	var b strings.Builder
	b.WriteString(r.Action)
	for _, h := range r.Hosts {
		b.WriteString(" @" + h.Host)
		if h.Configuration != "" {
			b.WriteString("=" + h.Configuration)
		}
	}
	add := func(given bool, text string) {
		if given {
			b.WriteString(" " + text)
		}
	}
	add(r.TargetHostFlag, "target-flag")
	add(r.BuildHostGiven, "build:"+r.BuildHost)
	add(r.FlakeGiven, "flake:"+r.Flake)
	add(r.NoFlake, "no-flake")
	add(r.File != "", "file:"+r.File)
	add(r.Attr != "", "attr:"+r.Attr)
	for _, f := range slices.Concat(r.Own, r.Flags) {
		b.WriteString(" [" + strings.Join(f.Words(), " ") + "]")
	}
	add(len(r.Args) > 0, "args:"+strings.Join(r.Args, ","))
	add(len(r.Extra) > 0, "extra:"+strings.Join(r.Extra, ","))
	add(r.JSON, "json")
	add(r.Help, "help")
	add(r.PassThrough(), "exec:"+strings.Join(r.Words, ","))
	return b.String()
}

func TestParse(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		// hosts, in any order
		{"switch web", "switch @web"},
		{"web switch", "switch @web"},
		{"-L web switch --flake . db", "switch @web @db flake:. [-L]"},
		{"switch --cross lone-linux", "switch @lone-linux [--cross]"},
		{"switch --plan test", "switch @test [--plan]"},
		{"dry-run web", "dry-build @web"},
		{"switch admin@web=server", "switch @admin@web=server"},
		{"switch web*", "switch @web*"},
		{"switch @arm db", "switch @@arm @db"},
		{"switch web[1-3] --except web2 --except @arm", "switch @web[1-3] [--except web2] [--except @arm]"},
		{"switch --all --partition 2/3 --yes", "switch @--all [--all] [--partition 2/3] [--yes]"},
		{"switch web - --all", "switch @web @- @--all [--all]"},
		{"hosts --except web", "hosts [--except web]"},
		{"switch root@[fe80::1%25eth0]", "switch @root@[fe80::1%25eth0]"},
		{"switch ssh://root@web:2222", "switch @ssh://root@web:2222"},
		// the first action word is the action; a host may be called like one
		{"switch test", "switch @test"},
		{"test switch", "test @switch"},
		{"switch help", "switch @help"},
		{"switch h", "switch @h"},
		{"build build-vm", "build @build-vm"},
		// nixos-rebuild's own words for hosts
		{"switch --target-host root@web", "switch @root@web target-flag"},
		{"switch --target-host=root@web --build-host=", "switch @root@web target-flag build:"},
		{"switch --target-host a --target-host b", "switch @b target-flag"},
		{"switch --build-host localhost", "switch build:localhost"},
		{"list-generations web", "list-generations @web"},
		{"repl web", "repl @web"},
		{"build-vm --target-host web", "build-vm @web target-flag"},
		// nothing for nixhop to do
		{"switch", "switch exec:switch"},
		{"--flake .#web switch", "switch flake:.#web exec:--flake,.#web,switch"},
		{"switch --flake", "switch flake: exec:switch,--flake"},
		{"switch --flake --impure", "switch flake: [--impure] exec:switch,--flake,--impure"},
		{"switch --flake x --no-flake", "switch no-flake exec:switch,--flake,x,--no-flake"},
		{"switch --no-flake --flake x", "switch flake:x exec:switch,--no-flake,--flake,x"},
		{"list-generations --json", "list-generations json exec:list-generations,--json"},
		{"switch --brand-new", "switch exec:switch,--brand-new"},
		{"switch --brand-new value --impure", "switch [--impure] exec:switch,--brand-new,value,--impure"},
		{"--brand-new switch", "switch exec:--brand-new,switch"},
		{"switch --brand-new ./test", "switch exec:switch,--brand-new,./test"},
		{"switch -Z", "switch exec:switch,-Z"},
		{"switch --rollback --store-path x", "switch [--rollback] [--store-path x] exec:switch,--rollback,--store-path,x"},
		{"--brand-new", " exec:--brand-new"},
		// nixhop's own flags do not reach nixos-rebuild
		{"switch --no-check -L", "switch [--no-check] [-L] exec:switch,-L"},
		{"switch --nixos-rebuild /x/nixos-rebuild --flake", "switch flake: [--nixos-rebuild /x/nixos-rebuild] exec:switch,--flake"},
		{"switch --engine=nixos-rebuild", "switch [--engine=nixos-rebuild] exec:switch"},
		{"switch --plan", "switch [--plan]"},
		{"switch --engine native", "switch [--engine native]"},
		// after --
		{"switch web -- --brand-new x -- y", "switch @web extra:--brand-new,x,--,y"},
		{"switch -- --brand-new", "switch extra:--brand-new exec:switch,--brand-new"},
		{"-- switch", " extra:switch exec:switch"},
		{"switch --", "switch exec:switch"},
		// values that look like something else
		{"switch web --builders - --option a -1", "switch @web [--builders -] [--option a -1]"},
		{"switch -I nixos-config=./x web", "switch @web no-flake [-I nixos-config=./x]"},
		{"switch -I nixos-config=./x web --flake .", "switch @web flake:. [-I nixos-config=./x]"},
		{"switch -I nixos-config=./x", "switch [-I nixos-config=./x] exec:switch,-I,nixos-config=./x"},
		{"switch -I nixpkgs=./x web", "switch @web [-I nixpkgs=./x]"},
		{"switch web -j=8", "switch @web [-j=8]"},
		{"switch --profile-name test web", "switch @web [--profile-name test]"},
		{"switch --flake web", "switch flake:web exec:switch,--flake,web"},
		// nixhop's own actions
		{"check web db --no-check", "check @web @db [--no-check]"},
		{"check", "check"},
		{"hosts --json", "hosts json"},
		{"completion bash", "completion args:bash"},
		{"help switch", "help args:switch"},
		{"version", "version"},
		// help
		{"--help", " help"},
		{"-h switch", "switch help"},
		{"switch web --help --brand-new", "switch help"},
		{"help --help", "help help"},
	} {
		r, err := Parse(strings.Fields(c.line), labHosts)
		if err != nil {
			t.Errorf("%s: %v", c.line, err)
		} else if got := summary(r); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.line, got, c.want)
		}
	}
}

func TestParseFields(t *testing.T) {
	r, err := Parse(strings.Fields("switch web -vv --verbose --connect-timeout 10 --accept-new --ssh-config f"), noHost)
	if err != nil || r.Verbose != 3 || r.ConnectTimeout != 10*time.Second || !r.AcceptNew || r.SSHConfig != "f" {
		t.Errorf("%+v, %v", r, err)
	}
	env := func(name string) string { return "from " + name }
	if r = r.WithEnvironment(env); r.SSHConfig != "f" || r.NixosRebuild != "from NIXHOP_NIXOS_REBUILD" {
		t.Errorf("%q %q", r.SSHConfig, r.NixosRebuild)
	}
	if r, _ := Parse([]string{"switch", "--target-host", ""}, noHost); !r.PassThrough() || len(r.Hosts) != 0 {
		t.Error("an empty --target-host is not this machine")
	}
	// Field: empty values mean "not given"; scripts write -p "$PROFILE".
	for _, line := range [][]string{{"-p", ""}, {"--profile-name="}, {"-p", "x", "--profile-name", ""}, {"-c", ""}, {"--store-path", ""}, {"-f", ""}, {"-A", ""}} {
		r, err := Parse(append([]string{"switch", "web"}, line...), noHost)
		if err != nil || len(r.Flags) > 0 || r.File+r.Attr != "" {
			t.Errorf("%q: %+v, %v", line, r.Flags, err)
		}
	}
	if r, _ := Parse([]string{"switch", "web", "--builders", ""}, noHost); !r.Has("--builders") {
		t.Error("no builders are something else than those of nix.conf")
	}
	// nixos-rebuild-ng ignores it where nothing is activated.
	if r, err := Parse([]string{"build", "web", "--specialisation", "x"}, noHost); err != nil || !r.Has("--specialisation") {
		t.Errorf("%+v, %v", r.Flags, err)
	}
	if r, _ := Parse(nil, noHost); !r.Help {
		t.Error("no word at all asks for the help")
	}
	for value, want := range map[string]time.Duration{"1m30s": 90 * time.Second, "1500ms": time.Second, "3600": time.Hour} {
		if r, err := Parse([]string{"check", "--connect-timeout", value}, noHost); err != nil || r.ConnectTimeout != want {
			t.Errorf("%s: %v, %v", value, r.ConnectTimeout, err)
		}
	}
}

// Each wrong command line, the start of its message, and what its hint holds.
func TestParseUsageErrors(t *testing.T) {
	for _, c := range []struct{ line, message, hint string }{
		{"swtich web", `unknown action "swtich"`, "did you mean switch?"},
		{"web", `unknown action "web"`, "nixhop switch web"},
		{"root@10.0.0.1 --plan", `unknown action "root@10.0.0.1"`, "nixhop switch root@10.0.0.1 --plan"},
		{"--plan", "no action was given", "nixhop --help"},
		{"--flake switch", `no action was given: --flake took "switch"`, "nixhop switch --flake"},
		{"web --help", `unknown action "web"`, ""},
		{"switch web --plna", `unknown flag "--plna"`, "did you mean --plan?"},
		{"switch web --brand-new", `unknown flag "--brand-new"`, "nixhop switch web -- --brand-new"},
		{"switch --brand-new web", `unknown flag "--brand-new"`, "nixhop switch web -- --brand-new"},
		{"switch --brand-new root@web", `unknown flag "--brand-new"`, "--: nixhop switch root@web --"},
		{"switch --plan --brand-new", `unknown flag "--brand-new"`, ""},
		{"check --brand-new", `unknown flag "--brand-new"`, ""},
		{"switch web -flake .", `unknown flag "-flake"`, "did you mean --flake?"},
		{"switch -plan=x web", `unknown flag "-plan=x"`, "did you mean --plan?"},
		{"switch web -kZ", `unknown flag "-kZ"`, ""},
		{"switch --max-jobs", "--max-jobs needs a value (N)", "--max-jobs N"},
		{"switch web --option a", "--option needs two values (NAME VALUE)", ""},
		{"switch web --profile-name --plan", "--profile-name needs a value", ""},
		{"switch web -p --", "-p needs a value", ""},
		{"switch web --plan=1", `--plan takes no value, but "1" was given`, ""},
		{"switch --impure=yes", `--impure takes no value`, ""},
		{"switch web --option=a", "--option takes its two values as words", "--option NAME VALUE"},
		{"switch web --engine bash", `--engine takes native or nixos-rebuild, not "bash"`, ""},
		{"switch web --elevate doas", `--elevate takes none or sudo or run0, not "doas"`, ""},
		{"switch web --connect-timeout soon", `--connect-timeout takes a number of seconds from 1 to 3600, not "soon"`, ""},
		{"switch web --reconnect-timeout soon", `--reconnect-timeout takes a number of seconds from 0 to 3600, not "soon"`, ""},
		{"switch web --connect-timeout 0", `--connect-timeout takes`, ""},
		{"switch web --connect-timeout -5", `--connect-timeout takes`, ""},
		{"switch web --connect-timeout 99999999999999999999", `--connect-timeout takes`, ""},
		{"switch web --ssh-config=", "--ssh-config takes no empty value", ""},
		{"switch web --target-host db", `both HOST ("web") and --target-host ("db")`, "nixhop switch db"},
		{"switch web --flake . --attr a", "--flake cannot be used with --attr", ""},
		{"switch web --flake . -f x", "--flake cannot be used with --file", ""},
		{"switch web --rollback --store-path x", "--store-path cannot be used with --rollback", ""},
		{"switch web --store-path x --flake .", "--store-path cannot be used with --flake", ""},
		{"build web --store-path x", "--store-path cannot be used with build", ""},
		{"dry-activate web --rollback", "--rollback cannot be used with dry-activate", ""},
		{"switch web2 --cross x86_64-linux", `"x86_64-linux" behind --cross looks like the system of --cross`, "--cross=x86_64-linux"},
		{"switch --cross none web", `"none" behind --cross`, "--cross=none"},
		{"switch web --emulate aarch64-linux", `"aarch64-linux" behind --emulate looks like a system, not like a host`, "it takes no value"},
		{"switch web --no-check host-name", `"host-name" behind --no-check looks like a finding`, "--allow host-name"},
		{"switch web --plan native", `"native" behind --plan looks like a value of --engine`, "--engine native"},
		{"check web --quick ./flake", `"./flake" behind --quick looks like a path`, "--flake ./flake"},
		{"switch web --accept-new yes", `"yes" behind --accept-new looks like an answer`, ""},
		{"switch web --explain 3", `"3" behind --explain looks like a number`, ""},
		{"build web --rollback", "--rollback cannot be used with build of a host", "nixhop list-generations web"},
		{"boot web -c s", "--specialisation cannot be used with boot", ""},
		{"edit web --file x", "--file cannot be used with edit", ""},
		{"repl --target-host web", "--target-host cannot be used with repl", "nixhop repl web"},
		{"list-generations --target-host web", "--target-host cannot be used with list-generations", "nixhop list-generations web"},
		{"edit --build-host web", "--build-host cannot be used with edit", ""},
		{"hosts --plan", "--plan cannot be used with hosts", ""},
		{"hosts --target-host web", "--target-host cannot be used with hosts", ""},
		{"switch --all --target-host web", `both HOST ("--all") and --target-host ("web")`, ""},
		{"switch --except web", "--except takes away from the hosts that are named, and none is", "nixhop switch --all --except"},
		{"switch --partition 1/2", "--partition takes away from the hosts that are named", ""},
		{"switch --target-host web --except web", "--except cannot be used with --target-host, which is one host", ""},
		{"switch web --except", "--except needs a value (HOST)", ""},
		{"switch --all --except web=db", `--except takes no configuration: "web=db"`, "--except web"},
		{"switch --all --except root@-oProxyCommand=x", "a host cannot begin with '-'", ""},
		{"switch --all --partition 0/3", `--partition takes I/N, where I counts from 1 to N, not "0/3"`, "--partition 1/3"},
		{"switch --all --partition 4/3", "--partition takes I/N", ""},
		{"switch --all --partition 2", "--partition takes I/N", ""},
		{"switch --all --partition -1/3", "--partition takes I/N", ""},
		{"switch --all --partition 1/3/4", "--partition takes I/N", ""},
		{"switch - web -", `"-" can be given once`, ""},
		{"switch - --except -", `"-" can be given once`, ""},
		{"switch web[1", `"web[1" is no pattern`, "'web[1-3]'"},
		{"switch web[1-2]=x", "would put one configuration on several hosts", ""},
		{"completion bash --all", "--all cannot be used with completion", ""},
		{"hosts --yes", "--yes cannot be used with hosts", ""},
		{"switch --target-host -oProxyCommand=x", "a host cannot begin with '-'", ""},
		{"switch web --build-host -oProxyCommand=x", "a host cannot begin with '-'", ""},
		{"switch root@-oProxyCommand=x", "a host cannot begin with '-'", ""},
		{"switch web=", `no configuration is named in "web="`, "web=CONFIGURATION"},
		{"switch =x", "HOST is empty", ""},
		{"switch ssh://root@web=x", `the URL "ssh://root@web=x" holds a '='`, "--flake FLAKE#NAME"},
		{"switch web*=x", "would put one configuration on several hosts", ""},
		{"switch @arm=x", "would put one configuration on several hosts", ""},
		{"completion", "completion needs a word", "nixhop completion bash|zsh|fish"},
		{"completion tcsh", `completion knows no "tcsh"`, ""},
		{"completion bash zsh", `too many words: "zsh"`, ""},
		{"version 2", `too many words: "2"`, ""},
		{"help swtich", `help knows no "swtich"`, "did you mean switch?"},
	} {
		_, err := Parse(strings.Fields(c.line), labHosts)
		var usage *UsageError
		if !errors.As(err, &usage) {
			t.Errorf("%s: %v", c.line, err)
		} else if !strings.Contains(usage.Message, c.message) || !strings.Contains(usage.Hint, c.hint) {
			t.Errorf("%s:\n got %s\nwant %s ... %s", c.line, err, c.message, c.hint)
		}
	}
	for _, host := range []string{"we b", "web\n", "web\x1b[2J", "", "web\u0085", "we\xffb"} {
		if _, err := Parse([]string{"switch", host}, noHost); err == nil {
			t.Errorf("the host %q is taken", host)
		}
	}
}

// FuzzParse: no command line makes the parser panic, and one that is nixos-rebuild's business reaches it word for word.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"switch\x00web\x00--plan", "--flake\x00switch", "switch\x00-kLj8\x00--option\x00a\x00b", "switch\x00--\x00-x", "-\x00=\x00--=\x00-=", "test\x00--new\x00@x=y"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		words := strings.Split(text, "\x00")
		r, err := Parse(words, labHosts)
		var usage *UsageError
		if err != nil && !errors.As(err, &usage) {
			t.Fatalf("%v is no usage error", err)
		}
		if err != nil {
			return
		}
		for _, flag := range r.Flags {
			if len(flag.Words()) == 0 || len(flag.Spaced()) != 1+len(flag.Values) {
				t.Errorf("%q: %+v", words, flag)
			}
		}
		if r.PassThrough() && len(r.Own) == 0 {
			if marker := slices.Index(words, "--"); marker >= 0 {
				words = slices.Delete(slices.Clone(words), marker, marker+1)
			}
			if !slices.Equal(r.Words, words) {
				t.Errorf("%q became %q", words, r.Words)
			}
		}
	})
}
