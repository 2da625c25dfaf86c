// Package request understands the command line: its words, the flags of nixos-rebuild and of nixhop, and what of them
// contradicts each other, all from tables. What it returns is what the user wants, before anything of the world was
// looked at: nothing here knows a host, a flake or a file.
package request

import (
	"slices"
	"time"

	"nixhop/sshcfg"
)

// DefaultConnectTimeout is how long a host may take to answer before it counts as unreachable.
const DefaultConnectTimeout = 5 * time.Second

// DefaultReconnectTimeout is how long a host is tried again whose connection was lost: one that configures its network
// anew is back in seconds, one that reboots in minutes.
const DefaultReconnectTimeout = 2 * time.Minute

// The values of --engine.
const (
	EngineNative       = "native"
	EngineNixosRebuild = "nixos-rebuild"
)

// Request is a command line that was understood: what is wanted, before anything of the world was looked at.
type Request struct {
	Action         string     // as in Actions; dry-run is dry-build here; empty only when nixos-rebuild is to decide
	Args           []string   // the words of an action that takes no hosts: the shell of completion, the topic of help
	Hosts          []Selector // the HOST words, or the one --target-host
	TargetHostFlag bool       // Hosts comes from --target-host
	Except         []Selector // --except: these are left out
	Partition      Partition  // --partition: of what is left, this share
	BuildHost      string     // as typed: "", "local", "localhost", "target" or a host
	BuildHostGiven bool
	Flake          string // value of --flake; empty with FlakeGiven: --flake stood alone
	FlakeGiven     bool
	NoFlake        bool // --no-flake, and no --flake after it
	File, Attr     string

	Flags []Flag   // nixos-rebuild's flags as given, in order, without those that have a field here
	Own   []Flag   // nixhop's flags as given, in order, also those that have a field here
	Extra []string // the words after "--"
	Words []string // all words but nixhop's own flags and the first "--": what nixos-rebuild is given on pass-through

	Yes              bool     // --yes: nobody is asked whether these hosts are meant
	Plan             bool     // --plan
	Look             bool     // --check: a plan looks at the hosts first
	NoCheck          bool     // --no-check
	NomWanted        bool     // NIXHOP_NOM: as --nom, where nothing stands against it
	Hinted           []string // findings that a hint of the host's alias lets through
	AcceptNew        bool     // --accept-new
	JSON             bool     // --json
	Help             bool     // --help, -h, or no word at all
	Verbose          int      // how many -v
	ConnectTimeout   time.Duration
	ReconnectTimeout time.Duration
	Engine           string // "", EngineNative or EngineNixosRebuild
	NixosRebuild     string // --nixos-rebuild, else NIXHOP_NIXOS_REBUILD
	SSHConfig        string // --ssh-config, else NIXHOP_SSH_CONFIG
	SudoOpts         string // of NIX_SUDOOPTS, as nixos-rebuild-ng takes it: options of sudo, split as a shell does
}

// Flag is one flag of a command line, with its values.
type Flag struct {
	Name     string   // canonical long name, "--max-jobs"; for another spelling of the same, the newest name
	Spelling string   // as typed, without a value: "-j", "--use-remote-sudo", "-vvv"
	Values   []string // as many as the flag table says
	glue     string   // what stood between spelling and value: "" with attached, "=", or a space
	attached bool
}

// Words returns the flag as it was typed: "-j8" is one word, "-j 8" two.
func (f Flag) Words() []string {
	if f.attached {
		return []string{f.Spelling + f.glue + f.Values[0]}
	}
	return f.Spaced()
}

// Spaced returns the flag with each value as a word of its own, which every nixos-rebuild understands; the bash one
// knows neither "--flag=value" nor "-pNAME".
func (f Flag) Spaced() []string {
	return append([]string{f.Spelling}, f.Values...)
}

// Has reports whether a flag stands on the command line, by its canonical name. It knows every flag but those of
// nixos-rebuild that have a field in Request.
func (r Request) Has(name string) bool {
	_, found := r.Last(name)
	return found
}

// Evaluates reports whether a configuration is evaluated at all: the system that is deployed may be there already.
func (r Request) Evaluates() bool {
	return !r.Back() && !r.Has("--store-path") && r.Action != UploadKeys
}

// Value returns the first value of the last flag of this canonical name, or "".
func (r Request) Value(name string) string {
	f, _ := r.Last(name)
	if len(f.Values) == 0 {
		return ""
	}
	return f.Values[0]
}

// Quiet is how many --quiet there are.
func (r Request) Quiet() (n int) {
	for _, f := range r.Flags {
		if f.Name == "--quiet" {
			n += f.count()
		}
	}
	return n
}

func (r Request) Last(name string) (Flag, bool) {
	for _, flags := range [][]Flag{r.Flags, r.Own} {
		for _, f := range slices.Backward(flags) {
			if f.Name == name {
				return f, true
			}
		}
	}
	return Flag{}, false
}

// PassThrough reports whether there is nothing for nixhop to do, so that nixos-rebuild takes its place with Words: no
// host, no build host and no flag of nixhop that asks for its own engine.
func (r Request) PassThrough() bool {
	action, known := FindAction(r.Action)
	if known && action.Own || r.Help {
		return false
	}
	platform := r.Has("--cross") || r.Has("--emulate") || r.Has("--system")
	named := r.Has("--except") || r.Has("--partition") || r.Has("--inventory") || r.Has("--log-dir") || r.Has("--generation") || r.Has("--ask") || r.Has("--notify") || r.Has("--nom") ||
		r.Has("--reboot") || r.Has("--on-inhibit")
	return len(r.Hosts) == 0 && !named && !r.BuildHostGiven && !r.Plan && !r.Look && !r.Has("--quick") && !platform && r.Engine != EngineNative
}

// LocalBuildHost reports whether a --build-host word means this machine. Its own host name does, too, but takes a look
// at the machine.
func LocalBuildHost(word string) bool {
	return word == "" || word == "local" || word == "localhost"
}

// WithEnvironment fills what was not given as a flag from the environment: NIXHOP_NIXOS_REBUILD, NIXHOP_SSH_CONFIG and
// NIX_SUDOOPTS.
func (r Request) WithEnvironment(env func(string) string) Request {
	if r.NixosRebuild == "" {
		r.NixosRebuild = env("NIXHOP_NIXOS_REBUILD")
	}
	if r.SSHConfig == "" {
		r.SSHConfig = env("NIXHOP_SSH_CONFIG")
	}
	r.SudoOpts = env("NIX_SUDOOPTS")
	return r
}

// NixWords returns the given flags that one of the commands takes, under their canonical names, in order.
func (r Request) NixWords(command NixCommand) []string {
	var words []string
	for _, f := range r.Flags {
		spec, known := FindFlag(f.Name)
		if !known || spec.Native&command == 0 {
			continue
		}
		for range f.count() {
			words = append(append(words, f.Name), f.Values...)
		}
	}
	return words
}

// Native reports whether nixhop can do what the flag asks for without nixos-rebuild.
func (f Flag) Native() bool {
	spec, known := FindFlag(f.Name)
	return known && spec.Native != 0
}

// count is how often a flag stands in one word: 3 for -vvv.
func (f Flag) count() int {
	if len(f.Spelling) < 2 || f.Spelling[1] == '-' {
		return 1
	}
	return len(f.Spelling) - 1
}

// PlainNames are the hosts of a request where it names each of them; none: it takes what the inventory has.
func (r Request) PlainNames() []string {
	if action, _ := FindAction(r.Action); action.Own && len(r.Hosts) == 0 {
		return nil
	}
	names := []string{r.BuildHost}
	for _, sel := range r.Hosts {
		host, err := sshcfg.ParseHost(sel.Host)
		if err != nil || sel.Kind != OneHost {
			return nil
		}
		names = append(names, host.Name)
	}
	return names
}
