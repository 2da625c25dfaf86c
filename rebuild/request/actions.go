package request

import (
	"slices"
	"sync"
)

// HostUse says what HOST words mean to an action.
type HostUse int

// The meanings of HOST words.
const (
	HostsAreTargets HostUse = iota // the action happens there
	HostsSelect                    // they only choose the configuration; the action happens here
	PlainWords                     // the action's words are no hosts
)

// Action is one row of the table of actions: nixos-rebuild's, and nixhop's own commands.
type Action struct {
	Name    string
	Also    string // another name for it
	Own     bool   // nixhop's, unknown to nixos-rebuild
	Hosts   HostUse
	Usage   string   // what stands behind the name in the help
	Words   []string // for PlainWords: the words there are, of which one may stand there
	Needs   bool     // for PlainWords: one must
	Flags   []string // the only flags it takes, by canonical name; nil: all
	Refuses []string // flags that nixos-rebuild refuses with it, by canonical name; remote ones stand for --target-host and --build-host
	There   []string // flags that say nothing where it has a HOST, by canonical name
	Command bool     // the words behind -- are a command for its hosts, and not for nixos-rebuild
	Short   string   // what it does, in a list
	Long    string   // what more there is to know, in its own help
}

// Actions is the table of actions, in the order of the help.
func Actions() []Action {
	return slices.Concat(rebuildActions(), ownActions())
}

// What nixos-rebuild refuses with some actions (nixos-rebuild-ng as of 25.11, and the manual of its newest release). A
// --specialisation is refused only where something is activated: elsewhere ng ignores it.
var (
	onlyActivated = []string{"--specialisation"}
	onlyDeployed  = []string{"--rollback", "--store-path"}
	onlyHere      = []string{"--rollback", "--store-path", "--target-host", "--build-host", "--cross", "--emulate", "--system"}
	onlyMachine   = slices.Concat(onlyDeployed, []string{"--cross", "--emulate", "--system"})
)

func rebuildActions() []Action {
	const hosts = "[HOST...] [flags]"
	const here = "A HOST only says which configuration is meant; nothing is done on that host."
	return []Action{
		{Name: "switch", Usage: hosts, Short: "build, activate, and make it the boot default"},
		{Name: "boot", Usage: hosts, Refuses: onlyActivated, Short: "build, and make it the boot default"},
		{Name: "test", Usage: hosts, Short: "build and activate; the next boot is as before"},
		{Name: "build", Usage: hosts, Refuses: []string{"--store-path"}, There: []string{"--rollback"}, Short: "build only; leaves a link named result"},
		{Name: "dry-build", Also: "dry-run", Usage: hosts, Refuses: onlyDeployed, Short: "show what would be built or fetched"},
		{Name: "dry-activate", Usage: hosts, Refuses: []string{"--rollback", "--specialisation"}, Short: "build, and show what activation would change"},
		{Name: "edit", Usage: hosts, Hosts: HostsSelect, Refuses: append([]string{"--file", "--attr"}, onlyHere...), Short: "open the configuration in an editor", Long: here},
		{Name: "repl", Usage: hosts, Hosts: HostsSelect, Refuses: onlyHere, Short: "open the configuration in nix repl", Long: here},
		{Name: "build-image", Usage: hosts, Hosts: HostsSelect, Refuses: onlyHere, Short: "build a disk image (--image-variant)", Long: here},
		{Name: "build-vm", Usage: hosts, Hosts: HostsSelect, Refuses: onlyMachine, Short: "build a virtual machine of it", Long: here},
		{Name: "build-vm-with-bootloader", Usage: hosts, Hosts: HostsSelect, Refuses: onlyMachine, Short: "the same, started by its boot loader", Long: here},
		{Name: "list-generations", Usage: hosts, Refuses: onlyHere, Short: "list the generations", Long: "With a HOST: those of that host, which needs no nixos-rebuild; of several each under its name, with --json one object a host.",
			There: idle()},
	}
}

// idle are the flags that say nothing of the generations of a host: all that are about what is built, and how.
func idle() []string {
	names := []string{"--engine", "--nixos-rebuild"}
	for _, s := range Flags() {
		asks := s.Group == GroupOwn || s.Group == GroupHosts || s.Name == "--profile-name"
		if s.With == nil && s.Means == "" && !asks && s.Name != "--target-host" {
			names = append(names, s.Name)
		}
	}
	return names
}

func ownActions() []Action {
	inventory := []string{"--inventory", "--all", "--except", "--partition", "--ssh-config", "--json", "--verbose", "--help", "--flake", "--no-flake", "--file", "--impure", "--offline",
		"--no-net", "--refresh", "--accept-flake-config", "--override-input", "--no-write-lock-file", "--option", "--quiet"}
	connecting := slices.DeleteFunc(append(slices.Clone(inventory), "--accept-new", "--connect-timeout"), func(name string) bool { return name == "--json" })
	sending := slices.Concat(connecting, v("--yes", "--skip-offline", "--sudo", "--elevate", "--ask-elevate-password"))
	exporting := slices.DeleteFunc(slices.Clone(inventory), func(name string) bool {
		return slices.Contains([]string{"--all", "--except", "--partition", "--json"}, name)
	})
	plain := []string{"--ssh-config", "--verbose", "--help"}
	return []Action{
		{Name: "check", Own: true, Usage: "[HOST...] [flags]", Refuses: []string{"--plan"}, Short: "check that a deployment can work, and do no more",
			Long: "What stands behind switch may stand behind check. Without a HOST: every alias that has a configuration here."},
		{Name: "hosts", Own: true, Usage: "[HOST...] [flags]", Flags: inventory, Short: "list the hosts of the ssh config",
			Long: "Alias, user@address:port, the way there, configuration, tags, and where it stands. An alias that ssh refuses ends it with 3; the others are listed."},
		{Name: "status", Own: true, Usage: "[HOST...] [flags]", Flags: append(slices.Clone(connecting), "--json", "--skip-offline"), Short: "tell what hosts run and boot, and what failed",
			Long: "Without a HOST: every alias that has a configuration here. The last deployment is that by nixhop since the host has booted."},
		{Name: "ssh", Own: true, Command: true, Usage: "HOST... [flags] [-- COMMAND...]", Flags: slices.Concat(connecting, v("--yes", "--parallel", "--skip-offline")), Short: "run a command on hosts, or log in to one",
			Long: "A single word is a line for a shell, several are a program and its arguments.\n" +
				"One host: as by ssh itself, with its standard input and exit status.\n" +
				"Several: side by side, each line behind the name of its host."},
		{Name: UploadKeys, Own: true, Usage: "[HOST...] [flags]", Flags: sending, Short: "send the keys of an inventory, and nothing else",
			Long: "A deployment sends them, too. A key that is there already is left alone."},
		{Name: "export", Own: true, Hosts: PlainWords, Usage: "[--from-flake] [flags]", Flags: slices.Concat(exporting, v("--home-manager", "--from-flake", "--write", "--address")), Short: "print the ssh config as a module of NixOS",
			Long: "As programs.ssh.extraConfig, with the keys of its hosts as programs.ssh.knownHosts. It is the user's own config, or that of --ssh-config, with all that it includes. What ssh would not take for the same is a warning each. With --from-flake the other way: a Host block for each configuration of the flake, and each node of an inventory."},
		{Name: "init", Own: true, Usage: "HOST [flags]", Flags: slices.Concat(exporting, v("--address", "--connect-timeout")), Short: "prepare a host, step by step",
			Long: "What its first deployment needs: the alias, the host's key, the login, the check. Each step is shown, and taken after a yes. Where nobody can be asked the steps are printed."},
		{Name: "completion", Own: true, Hosts: PlainWords, Usage: "bash|zsh|fish", Words: []string{"bash", "zsh", "fish"}, Needs: true, Flags: plain, Short: "print the completion for a shell",
			Long: "bash: source <(nixhop completion bash), in ~/.bashrc\n" +
				"zsh:  nixhop completion zsh >DIR/_nixhop, where DIR is in fpath\n" +
				"fish: nixhop completion fish >~/.config/fish/completions/nixhop.fish"},
		{Name: "version", Own: true, Hosts: PlainWords, Flags: plain, Short: "print the version of nixhop"},
		{Name: "man", Own: true, Hosts: PlainWords, Flags: plain, Short: "show the manual",
			Long: "Where standard output is no terminal: print the page itself, as in nixhop man >nixhop.1"},
		{Name: "help", Own: true, Hosts: PlainWords, Usage: "[ACTION|TOPIC]", Words: helpWords(), Flags: plain, Short: "print the help for an action, or on a topic"},
	}
}

// UploadKeys is the action that sends the keys of nodes.
const UploadKeys = "upload-keys"

// Topic is something that help explains beside the actions.
type Topic struct {
	Name  string
	Short string // what it is about: lower case, no full stop
}

// Topics is the table of topics, in the order of the manual.
func Topics() []Topic {
	return []Topic{
		{"hosts", "how to say which hosts, and which configuration"},
		{"hints", "what a comment in the ssh config tells nixhop"},
		{"exit-status", "what a run ends with"},
		{"json", "the events of a deployment, for programs"},
		{"environment", "the variables that count"},
		{"safety", "what is looked at, asked and never done"},
	}
}

// FindTopic finds a topic by its name.
func FindTopic(name string) (Topic, bool) {
	for _, t := range Topics() {
		if t.Name == name {
			return t, true
		}
	}
	return Topic{}, false
}

// helpWords are the actions and topics that help explains. (It cannot ask Actions, of which it is a part.)
func helpWords() []string {
	words := []string{"check", "hosts", "status", "ssh", UploadKeys, "export", "init", "completion", "version", "man", "help"}
	for _, a := range rebuildActions() {
		words = append(words, a.Name)
		if a.Also != "" {
			words = append(words, a.Also)
		}
	}
	for _, t := range Topics() {
		if !slices.Contains(words, t.Name) {
			words = append(words, t.Name)
		}
	}
	return words
}

// FindAction finds an action by its name or its other name.
func FindAction(name string) (Action, bool) {
	a, ok := actionsByName()[name]
	return a, ok
}

// actionsByName is the table as the parser asks it, built once.
var actionsByName = sync.OnceValue(func() map[string]Action {
	index := map[string]Action{}
	for _, a := range Actions() {
		index[a.Name] = a
		if a.Also != "" {
			index[a.Also] = a
		}
	}
	return index
})

// Converses reports whether what does the work is to be given standard input even where that is no terminal: an editor
// and a repl are, and a nixos-rebuild that reads a password there (`echo PASSWORD | …`).
func Converses(r Request) bool {
	return r.Action == "edit" || r.Action == "repl" || r.Has("--ask-elevate-password")
}

// ContactActions are the actions for which the target itself is needed.
var ContactActions = []string{"switch", "boot", "test", "dry-activate"}

// SendsKeys reports whether the keys of a node are sent: whoever goes back to a generation wants nothing else changed.
func (r Request) SendsKeys() bool {
	return slices.Contains([]string{"switch", "boot", "test", UploadKeys}, r.Action) && !r.Back()
}

// SetsProfiles reports whether the request deploys the other profiles of a node beside its system: for good, or for the
// next boot.
func (r Request) SetsProfiles() bool {
	return slices.Contains([]string{"switch", "boot"}, r.Action) && r.Evaluates()
}

// NativeActions are the actions that need no nixos-rebuild.
var NativeActions = []string{"switch", "boot", "test", "build", "dry-build", "dry-activate"}
