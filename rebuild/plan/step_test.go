package plan

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nixhop/nixexec"
	"nixhop/nixexec/ssh"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

func TestRebuildArgv(t *testing.T) {
	bash := &decision.Dialect{Path: "nixos-rebuild", Known: []string{"--build-host", "--fast", "--flake", "--install-bootloader", "--max-jobs", "--target-host", "--use-remote-sudo"}}
	ng := &decision.Dialect{Path: "nixos-rebuild", Known: []string{"--fast", "--flake", "--no-reexec", "--sudo", "--target-host"}}
	newest := &decision.Dialect{Path: "/opt/nixos-rebuild"}
	flake := source.Source{Flake: "."}
	web := machineFor("web")
	tests := []struct {
		name string
		line string
		job  Job
		want string
	}{
		{"one word", "switch web", Job{Dialect: newest, Source: flake, Configuration: "web", Target: web},
			"/opt/nixos-rebuild switch --flake .#web --target-host web --no-reexec"},
		{"bash", "switch web", Job{Dialect: bash, Source: flake, Configuration: "web", Target: machineFor("web"), Elevate: []string{"sudo"}},
			"nixos-rebuild switch --flake .#web --target-host web --fast --use-remote-sudo"},
		{"ng", "switch admin@web", Job{Dialect: ng, Source: flake, Configuration: "web", Target: machineFor("admin@web"), Elevate: []string{"sudo"}},
			"nixos-rebuild switch --flake .#web --target-host admin@web --no-reexec --sudo"},
		{"built on the target", "switch web --build-host target", Job{Dialect: newest, Source: flake, Configuration: "web", Target: web, Build: web},
			"/opt/nixos-rebuild switch --flake .#web --target-host web --build-host web --no-reexec"},
		{"the user's flags come first and in order", "-L boot --option a b -j8 web -vv", Job{Dialect: newest, Source: flake, Configuration: "web", Target: web},
			"/opt/nixos-rebuild boot -L --option a b -j 8 -vv --flake .#web --target-host web --no-reexec"},
		{"NixOS/nixpkgs#425637: --sudo is respelled for bash", "switch web --sudo", Job{Dialect: bash, Source: flake, Configuration: "web", Target: machineFor("web"), Elevate: []string{"sudo"}},
			"nixos-rebuild switch --use-remote-sudo --flake .#web --target-host web --fast"},
		{"--elevate=sudo for ng", "switch web --elevate=sudo --fast", Job{Dialect: ng, Source: flake, Configuration: "web", Target: machineFor("web"), Elevate: []string{"sudo"}},
			"nixos-rebuild switch --sudo --fast --flake .#web --target-host web"},
		{"run0", "switch web", Job{Dialect: newest, Source: flake, Configuration: "web", Target: web, Elevate: facts.ByRun0.Words()},
			"/opt/nixos-rebuild switch --flake .#web --target-host web --no-reexec --elevate run0"},
		{"run0, which this one does not know", "switch web", Job{Dialect: ng, Source: flake, Configuration: "web", Target: web, Elevate: facts.ByRun0.Words()},
			"nixos-rebuild switch --flake .#web --target-host web --no-reexec --sudo"},
		{"run0 as the user says it", "switch web --elevate run0", Job{Dialect: newest, Source: flake, Configuration: "web", Target: web, Elevate: facts.ByRun0.Words()},
			"/opt/nixos-rebuild switch --elevate run0 --flake .#web --target-host web --no-reexec"},
		{"no = for bash", "switch web --max-jobs=3", Job{Dialect: bash, Source: flake, Configuration: "web", Target: web},
			"nixos-rebuild switch --max-jobs 3 --flake .#web --target-host web --fast"},
		{"only the configuration", "build-vm web", Job{Dialect: newest, Source: flake, Configuration: "web"},
			"/opt/nixos-rebuild build-vm --flake .#web"},
		{"no flake", "switch web -f x.nix -A a", Job{Dialect: newest, Source: source.Source{File: "x.nix", Attr: "a"}, Target: web},
			"/opt/nixos-rebuild switch --file x.nix --attr a --target-host web --no-reexec"},
		{"a ready system is no flake's", "switch web --store-path /nix/store/x", Job{Dialect: newest, Source: flake, Target: web},
			"/opt/nixos-rebuild switch --store-path /nix/store/x --target-host web --no-reexec"},
		{"field: --include=-x", "switch web --include=-x -I-y", Job{Dialect: newest, Source: flake, Configuration: "web", Target: web},
			"/opt/nixos-rebuild switch --include=-x --include=-y --flake .#web --target-host web --no-reexec"},
		{"the bash one takes any word", "switch web --include=-x", Job{Dialect: bash, Source: flake, Configuration: "web", Target: web},
			"nixos-rebuild switch -I -x --flake .#web --target-host web --fast"},
		{"after --", "switch web -- --new-flag x", Job{Dialect: newest, Source: flake, Configuration: "web", Target: web},
			"/opt/nixos-rebuild switch --flake .#web --target-host web --no-reexec --new-flag x"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.job.Request = parse(t, test.line)
			got, err := rebuildArgv(test.job)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("got  %s\nwant %s", strings.Join(got, " "), test.want)
			}
		})
	}
	job := Job{Dialect: bash, Source: flake, Configuration: "web", Target: web, Request: parse(t, "switch web --diff")}
	if _, err := rebuildArgv(job); err == nil || !strings.Contains(err.Error(), `"nixos-rebuild" does not know --diff`) {
		t.Errorf("a flag that this nixos-rebuild does not know: got %v", err)
	}
}

// What the flake sets for Nix counts on a build host, too.
func TestRemoteBuildSettings(t *testing.T) {
	job := Job{Source: source.Source{Flake: "."}, Build: machineFor("big"), Request: parse(t, "build web"),
		Settings: []source.Setting{{Name: "extra-substituters", Value: "https://a https://b"}}}
	steps := Build(job)
	script := steps[len(steps)-1].Command.Stdin
	if want := ` --option extra-substituters 'https://a https://b'` + "\n"; !strings.Contains(script, want) {
		t.Errorf("got\n%s\nwant in it\n%s", script, want)
	}
}

// NixOS/nixpkgs#463271: a ControlPath that stands before ours must not win, and -S sees to that.
func TestRebuildSharesTheConnection(t *testing.T) {
	job := Job{
		Dialect: &decision.Dialect{Path: "nixos-rebuild"}, Dir: "/run/d", SSHOpts: "-o ControlPath=/run/d/%C",
		Source: source.Source{Flake: "."}, Target: machineFor("web"), Request: parse(t, "switch web"),
	}
	got := job.Environment()
	if want := []string{"NIX_SSHOPTS=-o ControlPath=/run/d/%C -S /run/d/%C"}; !slices.Equal(got, want) {
		t.Errorf("nixos-rebuild: got %q, want %q", got, want)
	}
	job.Dialect = nil // nix itself puts nothing before ours
	got = job.Environment()
	if want := []string{"NIX_SSHOPTS=-o ControlPath=/run/d/%C"}; !slices.Equal(got, want) {
		t.Errorf("nix: got %q, want %q", got, want)
	}
}

// inShort prints a plan's steps in short: the words that matter, with the results as variables.
func inShort(steps []Step) string {
	var b strings.Builder
	for _, s := range steps {
		b.WriteString(s.Name)
		if s.Where != "" {
			b.WriteString("@" + s.Where)
		}
		for _, w := range s.Command.Argv {
			switch {
			case strings.HasPrefix(w, "("): // the expression of --apply
			case w == "--extra-experimental-features", w == "nix-command flakes", w == "-o", strings.Contains(w, "=") && !strings.Contains(w, "."):
			default:
				b.WriteString(" " + strings.ReplaceAll(w, "\x00", "$"))
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestNativeSteps(t *testing.T) {
	flake := source.Source{Flake: "."}
	web, big := machineFor("web"), machineFor("big")
	evaluate := `evaluate nix eval --raw .#nixosConfigurations."web" --apply` + "\n"
	build := "build nix-store --realise $derivation --add-root /run/d/system --indirect\nbuild readlink /run/d/system\n"
	activate := "activate@web ssh ControlPath=/run/d/%C -- web /bin/sh -s -- /run/nixhop/ $toplevel\n"
	activate = strings.ReplaceAll(activate, "ControlPath=/run/d/%C ", "")
	tests := []struct {
		name string
		line string
		job  Job
		want string
	}{
		{"built here", "switch web", Job{Source: flake, Configuration: "web", Target: web},
			evaluate + build + "copy@web nix copy --to ssh://web $toplevel\n" + activate},
		{"what the flake sets, and the user says otherwise", "dry-build web --option keep-going false", Job{Source: flake, Configuration: "web",
			Settings: []source.Setting{{Name: "keep-going", Value: "true"}}},
			strings.TrimSuffix(evaluate, "\n") + " --option keep-going false\n" +
				"build nix-store --realise $derivation --option keep-going true --option keep-going false --dry-run\n"},
		{"built on the target", "switch web -s", Job{Source: flake, Configuration: "web", Target: web, Build: web},
			evaluate + "copy@web nix copy --derivation --to ssh://web --substitute-on-destination $derivation\n" +
				"build@web ssh -- web /bin/sh -s -- $derivation\n" + activate},
		{"a third build host: the copy goes through here", "switch web", Job{Source: flake, Configuration: "web", Target: web, Build: big},
			evaluate + "copy@big nix copy --derivation --to ssh://big $derivation\n" +
				"build@big ssh -- big /bin/sh -s -- $derivation\ncopy@web nix copy --from ssh://big --to ssh://web $toplevel\n" + activate},
		{"a third build host that reaches the target", "switch web -s", Job{Source: flake, Configuration: "web", Target: web, Build: big,
			Between: &sshcfg.Host{User: "root", Name: "192.0.2.7", Port: 222}},
			evaluate + "copy@big nix copy --derivation --to ssh://big --substitute-on-destination $derivation\n" +
				"build@big ssh -- big /bin/sh -s -- $derivation\n" +
				"copy@big ssh -- big env nix 'nix-command flakes' copy --to ssh://root@192.0.2.7 $toplevel --substitute-on-destination\n" + activate},
		{"dry-build", "dry-build web", Job{Source: flake, Configuration: "web"},
			evaluate + "build nix-store --realise $derivation --dry-run\n"},
		{"build leaves a link", "build web", Job{Source: flake, Configuration: "web"},
			evaluate + "build nix-store --realise $derivation --add-root result --indirect\nbuild readlink result\n"},
		{"build elsewhere", "build web", Job{Source: flake, Configuration: "web", Build: big},
			evaluate + "copy@big nix copy --derivation --to ssh://big $derivation\n" +
				"build@big ssh -- big /bin/sh -s -- $derivation\ncopy nix copy --from ssh://big --no-check-sigs $toplevel\n" +
				"link nix-store --realise $toplevel --add-root result --indirect\n"},
		{"rollback builds nothing", "switch web --rollback", Job{Source: flake, Target: web}, "activate@web ssh -- web /bin/sh -s -- /run/nixhop/\n"},
		{"without a flake", "test web -f x.nix -A a -L -k", Job{Source: source.Source{File: "x.nix", Attr: "a"}, Target: machineFor("web"), Elevate: []string{"sudo", "-n"}},
			"evaluate nix eval --raw --impure --expr --print-build-logs --keep-going\n" +
				strings.Replace(build, "$derivation", "$derivation --keep-going", 1) + "copy@web nix copy --to ssh://web --keep-going $toplevel\n" +
				"activate@web ssh -- web sudo -n /bin/sh -s -- /run/nixhop/ $toplevel\n"},
		{"channels", "switch web -I p=q", Job{Source: source.Source{}, Target: web},
			"evaluate nix eval --raw --impure --expr --include\n" + build + "copy@web nix copy --to ssh://web $toplevel\n" + activate},
		{"a ready system", "switch web --store-path /nix/store/x", Job{Source: flake, Target: web},
			"copy@web nix copy --to ssh://web /nix/store/x\nactivate@web ssh -- web /bin/sh -s -- /run/nixhop/ /nix/store/x\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.job.Request, test.job.Dir = parse(t, test.line), "/run/d"
			plan, err := Make(test.job)
			if err != nil {
				t.Fatal(err)
			}
			if got := inShort(plan.Steps); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

// The build host's own ssh must not ask anybody, and takes the port that was typed here.
func TestCopyBetween(t *testing.T) {
	for port, want := range map[int]string{0: "'NIX_SSHOPTS=-o BatchMode=yes'", 222: "'NIX_SSHOPTS=-o BatchMode=yes -p 222'"} {
		j := Job{Request: parse(t, "switch web"), Build: machineFor("big"), Between: &sshcfg.Host{Name: "web", Port: port}}
		step := copyBetween(j)
		if !slices.Contains(step.Command.Argv, want) || len(step.Command.Env) > 0 {
			t.Errorf("got %q with %q, want %q", step.Command.Argv, step.Command.Env, want)
		}
	}
}

// What a step leaves running on a build host is ended by what stands in no other command line there.
func TestEndCommand(t *testing.T) {
	big := machineFor("big")
	results := map[string]string{"derivation": "/nix/store/d+1.drv", "toplevel": "/nix/store/t"}
	for _, c := range []struct {
		what, step string
		job        Job
		want       string
	}{
		{"a build here", "build", Job{}, ""},
		{"a build", "build", Job{Build: big, Run: "nixhop-r"}, `pkill -INT -f -- --add-root [^ ]*/nixhop-r[.][^ /]*/system`},
		{"a copy through here", "copy", Job{Build: big}, ""},
		{"a copy from there", "copy", Job{Build: big, Between: &sshcfg.Host{Name: "web"}}, `pkill -INT -f -- copy --to ssh(-ng)?://web /nix/store/t`},
		{"the activation", "activate", Job{Build: big}, ""},
	} {
		command, byHand, runs := EndCommand(c.job, c.step, results)
		if runs != (c.want != "") || !strings.HasSuffix(strings.Join(byHand, " "), c.want) {
			t.Errorf("%s: %v %q, want %q", c.what, runs, byHand, c.want)
		}
		if runs && !strings.HasSuffix(strings.Join(command.Argv, " "), "-- big /bin/sh -s") {
			t.Errorf("%s: %q", c.what, command.Argv)
		}
	}
	if _, _, runs := EndCommand(Job{Build: big, Between: &sshcfg.Host{Name: "web"}}, "copy", map[string]string{"derivation": "/nix/store/d.drv"}); runs {
		t.Error("the derivation's own copy runs here")
	}
}

func TestNativeRefusals(t *testing.T) {
	for line, want := range map[string]string{
		"switch web --upgrade":                    "--upgrade needs nixos-rebuild",
		"switch web --elevate run0 -S":            "a password for run0 needs a nixos-rebuild",
		"switch web -- --something nixos-rebuild": "what follows -- is for nixos-rebuild",
	} {
		_, err := Make(Job{Request: parse(t, line), Source: source.Source{Flake: "."}, Target: machineFor("web")})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", line, err, want)
		}
	}
}

func TestMastersAreOpenedOnce(t *testing.T) {
	web := machineFor("web")
	for _, job := range []Job{
		{Target: web, Build: web},
		{Target: web},
	} {
		job.Source, job.Request = source.Source{Flake: "."}, parse(t, "switch web")
		steps, err := Make(job)
		if err != nil || len(steps.Masters) != 1 {
			t.Errorf("%d connections, %v; want one", len(steps.Masters), err)
		}
	}
}

// A master answers "exit" before it has ended, and its socket goes after that: a pasted plan may come upon it while it
// removes the directory. Here, thousands of sockets go in the meantime.
func TestPlanEndsWhileMastersEnd(t *testing.T) {
	bin, dir := t.TempDir(), filepath.Join(t.TempDir(), "run")
	standIn := "#!/bin/sh\ncase \"$*\" in *' -O exit '*) cd " + nixexec.Quote(dir) + " && touch $(seq 2000) && { rm -f [0-9]* & } ;; esac\n"
	if err := os.WriteFile(filepath.Join(bin, "ssh"), []byte(standIn), 0o755); err != nil {
		t.Fatal(err)
	}
	web := machineFor("web")
	web.Master.Dir = dir
	cmd := exec.Command("/bin/sh", "-e")
	cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
	cmd.Stdin = strings.NewReader(Plan{Dir: dir, Masters: []ssh.MasterOptions{web.Master}}.Script())
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v: %s", err, out)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is still there: %v", dir, err)
	}
}

func TestFill(t *testing.T) {
	step := Step{Command: nixexec.Command{Argv: []string{"a", decision.ToplevelWord}}}
	got := step.Fill(Results{"toplevel": "/nix/store/x"}).Command.Argv
	if !slices.Equal(got, []string{"a", "/nix/store/x"}) || step.Command.Argv[1] != decision.ToplevelWord {
		t.Errorf("got %q from %q", got, step.Command.Argv)
	}
}

// A TMPDIR of more than 20 characters became /tmp for nix, without a word (issue 9, number 24): it is the user's, for
// no socket is made there, whatever a nixos-rebuild puts before or behind our options. ssh itself says which path
// counts.
func TestSocketsNeedNoShortTMPDIR(t *testing.T) {
	if _, err := exec.LookPath("ssh"); err != nil {
		t.Skip("ssh is not installed")
	}
	theirs := []string{"-o", "ControlMaster=auto", "-o", "ControlPath=/" + strings.Repeat("long", 40) + "/ssh-%n", "-o", "ControlPersist=60"}
	job := Job{Dialect: &decision.Dialect{Path: "nixos-rebuild"}, Dir: "/run/d", SSHOpts: "-o ControlPath=/run/d/%C", Target: machineFor("web")}
	env := job.Environment()
	if len(env) != 1 {
		t.Errorf("%q", env)
	}
	ours := strings.Fields(strings.TrimPrefix(env[0], "NIX_SSHOPTS="))
	for _, options := range [][]string{slices.Concat(ours, theirs), slices.Concat(theirs, ours)} {
		out, err := exec.Command("ssh", slices.Concat([]string{"-G", "-F", "/dev/null"}, options, []string{"web"})...).Output()
		if err != nil || !strings.Contains(string(out), "controlpath /run/d/") {
			t.Errorf("%q: %v\n%s", options, err, out)
		}
	}
}
