package rebuild

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"nixhop/nixexec/ssh"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/guard"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/request"
	"nixhop/rebuild/rollout"
	"nixhop/rebuild/selection"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// elsewhere says of a flag that no command shows where it counts. It holds no flag of nixos-rebuild that says what is
// deployed, or how.
func elsewhere(flag, engine string, action request.Action, file bool) bool {
	own := engine == request.EngineNative
	if spec, _ := request.FindFlag(flag); spec.Group == request.GroupMany { // when it is done, and whether
		return true
	}
	switch flag {
	case "--plan", "--check": // what is done with the commands
	case "--no-guard": // there is none
		return !own || action.Name == "boot"
	case "--ask": // what is said before it
	case "--diff":
		return own
	case "--no-check", "--allow", "--explain", "--log-dir", "--notify", "--nom": // what is said
	case "--accept-new", "--connect-timeout", "--reconnect-timeout", "--reboot-timeout", "--ssh-config": // the connection
	case "--engine", "--nixos-rebuild", "--help":
	case "--json": // events
		return own || action.Name == "check" || action.Name == "list-generations"
	case "--verbose":
		return action.Name == "list-generations"
	case "--quick":
	case "--no-flake": // as --file says
		return own && file
	case "--no-reexec", "--no-build-nix", "--no-ssh-tty", "--debug": // what own steps do, or say, in any case
		return own
	case "--no-link": // there is none
		return own && action.Name != "build"
	case "--use-substitutes": // nothing is copied
		return own && !decision.NeedsRoot(action.Name)
	case "--profile-name", "--specialisation", "--install-bootloader", "--sudo", "--elevate", "--ask-elevate-password":
		return own && !decision.NeedsRoot(action.Name) // nothing that is root's is changed
	default:
		return false
	}
	return true
}

// sample is a flag with values that it takes.
func sample(s request.FlagSpec) []string {
	words := []string{s.Name}
	for i, v := range s.Values {
		value := map[string]string{"N": "3", "SYSTEM": "aarch64-linux", "BUILD-SYSTEM": "x86_64-linux", "SECONDS": "9", "I/N": "2/3", "FLAKE[#NAME]": "/other#web"}[v]
		if value == "" {
			value = fmt.Sprintf("value%d", i)
		}
		if s.Choices != nil {
			value = s.Choices[len(s.Choices)-1]
		}
		if s.Attached {
			return []string{s.Name + "=" + value}
		}
		words = append(words, value)
	}
	return words
}

func machineOf(name string) *decision.Machine {
	return &decision.Machine{Host: sshcfg.Host{Name: name}, Master: ssh.MasterOptions{Host: name, Dir: "/run/d"}}
}

// deed is what a command line comes to, in one text: the commands of its plan. refused is true where it is no command
// line.
func deed(t *testing.T, words []string) (text string, refused bool) {
	t.Helper()
	r, err := request.Parse(words, func(string) bool { return true })
	if err != nil {
		return "", true
	}
	if r.Help {
		return "help", false
	}
	chosen, err := selection.Choose(r, sshcfg.Inventory{}, source.Source{}, selection.Catalogue{})
	if err != nil {
		t.Fatal(err)
	}
	target := chosen.Each()[0]
	machine := machineOf("web")
	if r.Action == "list-generations" {
		return plan.Generations(machine, r).Command.String(), false
	}
	if r.Action == "check" {
		r.Action = "switch"
	}
	src := source.FindSource(r, "/here", func(path string) bool { return path == "/here/flake.nix" }, func(s string) string { return s })
	// Without a word root comes by doas.
	on := &facts.Host{Login: facts.Login{UID: "1000"}, Elevate: facts.Elevation{Sudo: "sudo", Doas: "doas", DoasFree: facts.Yes, SudoFree: facts.No}}
	known := decision.Known{Request: r, Target: target, Source: src, Machine: machine, On: on, Somebody: true}
	if known.Place, err = decision.PlaceBuild(r, target, "laptop"); err != nil {
		return "", true
	}
	d, found, err := decision.Decide(known)
	if err != nil || request.Stops(found, r) {
		return "", true
	}
	job := plan.Job{
		Request: d.Request, Source: src, Configuration: "web", Dir: "/run/d", Dialect: d.Engine, Elevate: d.Elevate, Cross: d.Crossing.From, System: d.System,
	}
	if decision.NeedsRoot(r.Action) {
		job.Target = machine
		wish, err := guard.Of(r, func(string) string { return "" })
		if err != nil {
			return "", true
		}
		var expected *decision.Machine
		if wish.Expect != nil {
			expected = machineOf(wish.Expect.Name)
		}
		job.Guard, _ = wish.For(machine, expected, d, rollout.Health{})
	}
	if !known.Place.Here {
		job.Build = machineOf(known.Place.Host.Name)
	}
	if r.Has("--emulate") {
		job.Emulate = "aarch64-linux"
	}
	if src.Name != "" {
		job.Configuration = src.Name
	}
	p, err := plan.Make(job)
	if err != nil {
		return "", true
	}
	var lines []string
	for _, s := range p.Steps {
		lines = append(lines, s.Command.String())
	}
	return strings.Join(lines, "\n"), false
}

// Every flag of the table is acted on, handed on or refused, with every action that takes a HOST and both engines
// ("list-generations web --json loses --json").
func TestEveryFlagCounts(t *testing.T) {
	for _, action := range request.Actions() {
		if action.Flags != nil {
			continue
		}
		for _, engine := range []string{request.EngineNative, request.EngineNixosRebuild} {
			for _, from := range [][]string{nil, {"--file", "x.nix"}} {
				base := append([]string{action.Name, "web"}, from...)
				if action.Name != "list-generations" {
					base = append(base, "--engine", engine)
				}
				without, refused := deed(t, base)
				if refused {
					continue
				}
				for _, s := range request.Flags() {
					if s.Group == request.GroupHosts { // which hosts, and no command of one of them
						continue
					}
					line := slices.Concat(base, sample(s))
					with, refused := deed(t, line)
					if !refused && with == without && !elsewhere(s.Canonical(), engine, action, from != nil) {
						t.Errorf("%s is lost", strings.Join(line, " "))
					}
				}
			}
		}
	}
}

// The actions that have a list of flags of their own refuse every other one.
func TestOtherFlagsAreRefused(t *testing.T) {
	for _, action := range request.Actions() {
		if action.Flags == nil {
			continue
		}
		for _, s := range request.Flags() {
			words := []string{action.Name}
			if action.Command {
				words = append(words, "web")
			}
			line := slices.Concat(words, action.Words[:min(1, len(action.Words))], sample(s))
			_, err := request.Parse(line, func(string) bool { return true })
			if taken := slices.Contains(action.Flags, s.Canonical()); (err == nil) != taken {
				t.Errorf("%s: %v", strings.Join(line, " "), err)
			}
			namesTakeIt := s.Group == request.GroupHosts || s.Native&request.ForFlakeEval != 0 || slices.Contains([]string{"--ssh-config", "--json", "--verbose", "--help", "--flake", "--no-flake", "--file"}, s.Name)
			if action.Command {
				reaches := []string{"--accept-new", "--connect-timeout", "--parallel", "--skip-offline"}
				namesTakeIt = namesTakeIt && s.Name != "--json" || slices.Contains(reaches, s.Name)
			}
			namesTakeIt = namesTakeIt || s.Group == request.GroupExport && slices.Contains(s.With, action.Name)
			if action.Name == "init" {
				namesTakeIt = namesTakeIt || s.Name == "--connect-timeout"
			}
			if action.Name == "status" {
				namesTakeIt = namesTakeIt || slices.Contains([]string{"--accept-new", "--connect-timeout", "--skip-offline"}, s.Name)
			}
			if action.Name == request.UploadKeys {
				reaches := []string{"--accept-new", "--connect-timeout", "--skip-offline", "--sudo", "--elevate", "--ask-elevate-password"}
				namesTakeIt = namesTakeIt && s.Name != "--json" || slices.Contains(reaches, s.Name)
			}
			if slices.Contains(action.Flags, s.Name) && !namesTakeIt {
				t.Errorf("%s takes %s, and nothing comes of it", action.Name, s.Name)
			}
		}
	}
}
