package request

import "sync"

// FlagSpec is one row of the flag table. Parsing, pass-through, help and completion know a flag from its row alone.
type FlagSpec struct {
	Name     string     // canonical long name: "--max-jobs"
	Short    string     // "-j", or empty
	Also     []string   // other long spellings of the same flag
	Means    string     // an older spelling: the Name of the flag that it stands for
	Values   []string   // what each value is called in the help; as many as the flag takes
	Optional bool       // the value may be missing: the next word is one unless it begins with '-'
	Attached bool       // a value stands only behind '=': the next word is never one
	Counted  bool       // given more than once it means more
	Choices  []string   // the only values there are
	Empty    bool       // an empty value is as good as no flag: scripts write -p "$PROFILE"
	With     []string   // the actions that it goes with; nil: all
	Group    Group      // where the help shows it
	Known    Release    // which nixos-rebuild takes it; none: it is nixhop's own
	Native   NixCommand // which commands take it when nixhop runs them itself; none: it needs nixos-rebuild
	Help     string     // one or two lines of help: lower case, no full stop
	More     string     // what else there is to know, in the manual and the README: goes on where Help ends
}

// Release is a set of nixos-rebuild programs.
type Release uint8

// The programs, by their sources in nixpkgs: nixos-rebuild.sh until 25.05, nixos-rebuild-ng as of 25.11, and what
// nixos-rebuild.8.scd documents since.
const (
	InBash Release = 1 << iota
	InNG
	InNewest
	InAll   = InBash | InNG | InNewest
	SinceNG = InNG | InNewest
)

// NixCommand is a set of the commands by which nixhop builds and copies without nixos-rebuild. Nix 2.8 is the oldest
// one whose flags count.
type NixCommand uint8

// The commands. byEngine is a flag that nixhop's own steps obey without passing it on, or that has no meaning for
// them.
const (
	forFlakeBuild   NixCommand = 1 << iota // nix build
	ForFlakeEval                           // nix eval
	forClassicBuild                        // nix-build
	ForClassicEval                         // nix-instantiate
	ForCopy                                // nix copy
	ForRealise                             // nix-store --realise, on the build host
	byEngine

	forFlakes  = forFlakeBuild | ForFlakeEval
	forClassic = forClassicBuild | ForClassicEval
	forEvals   = forFlakes | forClassic
	forBuilds  = forEvals | ForRealise
	forAll     = forBuilds | ForCopy
)

// Group is a heading of the help.
type Group string

// The headings, nixhop's own first.
const (
	GroupOwn           Group = "nixhop"
	GroupGuard         Group = "what brings a host back"
	GroupBoot          Group = "what only a boot brings"
	GroupHosts         Group = "which hosts"
	GroupMany          Group = "many hosts"
	GroupPlatform      Group = "for another platform"
	GroupExport        Group = "the ssh config in other words"
	GroupConfiguration Group = "What to build"
	GroupWhere         Group = "Where"
	GroupRoot          Group = "Becoming root"
	GroupRun           Group = "How nixos-rebuild runs"
	GroupNix           Group = "Passed on to Nix"
	GroupFlake         Group = "Passed on to Nix, for flakes"
	GroupOld           Group = "Older spellings"
)

// Groups lists the headings in the order of the help.
func Groups() []Group {
	return []Group{GroupOwn, GroupGuard, GroupBoot, GroupHosts, GroupMany, GroupPlatform, GroupExport, GroupConfiguration, GroupWhere, GroupRoot, GroupRun, GroupNix, GroupFlake, GroupOld}
}

// IsOwn reports whether the flag is nixhop's, unknown to any nixos-rebuild.
func (s FlagSpec) IsOwn() bool { return s.Known == 0 }

// Canonical is the name that a Flag of this row carries.
func (s FlagSpec) Canonical() string {
	if s.Means != "" {
		return s.Means
	}
	return s.Name
}

// Spellings lists all ways to write the flag, the short one first.
func (s FlagSpec) Spellings() []string {
	var all []string
	if s.Short != "" {
		all = append(all, s.Short)
	}
	return append(append(all, s.Name), s.Also...)
}

// FindFlag finds the row of a spelling: "--max-jobs" or "-j". A prefix of one is none: nixos-rebuild takes no
// abbreviations.
func FindFlag(spelling string) (FlagSpec, bool) {
	s, ok := flagsBySpelling()[spelling]
	return s, ok
}

// flagsBySpelling is the table as the parser asks it, built once: a command line asks for each of its words.
var flagsBySpelling = sync.OnceValue(func() map[string]FlagSpec {
	index := map[string]FlagSpec{}
	for _, s := range Flags() {
		for _, spelling := range s.Spellings() {
			index[spelling] = s
		}
	}
	return index
})
