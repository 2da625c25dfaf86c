// Package decision settles what a deployment does before there is a command for it: which machines take part and where
// the system is built, which nixos-rebuild does the work or that nixhop takes the steps itself, how root is gained,
// what sudo lets the login run alone, and on which platform it is built.
//
// All of it is pure but for the files of the nixos-rebuild of this machine, which is looked for and read, never run. No
// command of a step is made here, no host is looked at, and nothing is printed.
package decision

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
)

// Known is everything that a decision may rest on. What was not looked at is zero: so --plan decides, too.
type Known struct {
	Request   request.Request
	Target    *source.Target // nil: this machine
	Place     Place
	Source    source.Source
	Machine   *Machine    // the target where it takes part, as ssh reaches it
	Builder   *Machine    // the build host, likewise; the same as Machine where that builds for itself
	On, At    *facts.Host // what Machine and Builder have told; nil: nobody looked
	Installed Installed
	Somebody  bool // somebody can be asked for a password
	Checking  bool // this is no deployment, only its checks
}

// Installed is the nixos-rebuild of this machine, or why there is none.
type Installed struct {
	Dialect Dialect
	Err     error
}

// Decision is all that is settled before an evaluation: who does the work, how root is gained, and on which platform
// it is built.
type Decision struct {
	Request  request.Request // with what the decision adds to nix's own flags
	Engine   *Dialect        // the nixos-rebuild that does the work; nil: nixhop takes the steps itself
	Why      string          // it does, where that was not asked for
	Elevate  []string        // in front of what needs root on the target; empty: the login is root
	SudoOpts []string        // the user's own options of sudo, in it
	Password bool            // which wants a password that is asked for before the build
	Commands *Commands       // what alone sudo lets the login run as root, without a password; nil: a shell
	Missing  []string        // commands for which sudo has no such rule, where it has some
	Crossing Crossing
	System   string   // builtins.currentSystem for the evaluation; empty: this machine's
	Unknown  []string // what a look at the hosts may decide otherwise, in sentences
	refused  bool     // nixhop's own steps cannot do it
}

// Decide settles everything that can be settled before an evaluation. A run asks it twice: before it contacts a host,
// for what is wrong then already, and when the hosts have told; --plan asks it once. The error is wrong usage, or that
// there is no nixos-rebuild.
func Decide(k Known) (Decision, []report.Finding, error) {
	d := Decision{Request: k.Request, System: k.Request.Value("--system"), refused: k.refusal() != nil}
	var err error
	if d.Engine, d.Why, err = chooseEngine(k); err != nil {
		return d, nil, err
	}
	found := d.unknownFlags(k.Source)
	if err := refusedSystem(k.Request, k.Source); err != nil {
		return d, found, err
	}
	if d.Crossing, err = findCrossing(k.Request, k.Target); err != nil {
		return d, found, err
	}
	if d.Crossing.Wanted() {
		d.Request = keepingLock(k.Request)
	}
	if d.Engine, d.Why, err = d.forPlatform(k); err != nil {
		return d, found, err
	}
	if d.SudoOpts, err = k.Request.SudoWords(); err != nil {
		return d, found, err
	}
	d = d.elevated(k)
	d, tooOld := d.builtThere(k)
	if d.Engine == nil {
		err = k.refusal()
	}
	return d, slices.Concat(found, tooOld, d.copiesThere(k)), err
}

// EvaluatesWhole reports whether nixhop itself evaluates the configuration down to the derivation.
func (d Decision) EvaluatesWhole() bool {
	return d.Engine == nil && d.Request.Evaluates()
}

// NeedsRoot reports whether an action changes something that is root's on the target.
func NeedsRoot(action string) bool {
	return action == request.UploadKeys || slices.Contains(request.ContactActions, action)
}

// chooseEngine decides who does the work: the nixos-rebuild that was asked for or found, or nixhop's own steps (nil).
// With a build host that is neither here nor the target nixhop takes the steps itself: an older nixos-rebuild would
// run the copy on the build host, where the target's alias means nothing. So it does where every nixos-rebuild, or the
// one that is installed, cannot do it. What nixhop's own steps refuse is left to the one that is installed all the
// same.
func chooseEngine(k Known) (engine *Dialect, why string, err error) {
	r, installed := k.Request, k.Installed.Dialect
	native := slices.Contains(request.NativeActions, r.Action)
	free := native && r.Engine == ""
	able := free && k.refusal() == nil
	var missing *nixexec.NotFoundError
	switch {
	case !k.Source.Form.IsNone():
		return nil, "", k.refusedNode()
	case r.Engine == request.EngineNative && !native:
		return nil, "", Refusal(r)
	case r.Engine == request.EngineNative:
		return nil, "", nil
	case errors.As(k.Installed.Err, &missing) && free && r.NixosRebuild == "":
		return nil, "no nixos-rebuild is installed here", nil
	case k.Installed.Err != nil:
		return nil, "", k.Installed.Err
	}
	beyond, flag := beyondNixosRebuild(k), installed.unknown(given(r, k.Source))
	switch {
	case beyond != "" && able:
		return nil, beyond, nil
	case flag != "" && able:
		return nil, fmt.Sprintf("%q does not know %s", installed.Path, flag), nil
	case r.Method() == string(facts.ByRun0) && !installed.elevates(facts.ByRun0) && able:
		return nil, fmt.Sprintf("%q does not know --elevate run0", installed.Path), nil
	}
	return &installed, "", nil
}

// onlyOwn are the flags for what no nixos-rebuild does.
var onlyOwn = []string{"--generation", "--ask", "--nom", "--guard", "--expect", "--guard-reboot", "--activation-timeout", "--on-inhibit"}

// forPlatform has nixhop take the steps itself where the configuration is changed for its deployment, a generation is
// named, or something is to happen before the activation: there is no flag by which any nixos-rebuild could be told to.
func (d Decision) forPlatform(k Known) (engine *Dialect, why string, err error) {
	r, flag := k.Request, ""
	switch at := slices.IndexFunc(onlyOwn, r.Has); {
	case at >= 0:
		flag = onlyOwn[at]
	case d.Crossing.Wanted():
		flag = "--cross"
	case d.System != "":
		flag = "--system"
	}
	switch {
	case d.Engine != nil && flag == "" && r.Monitored() && r.Engine == "" && k.refusal() == nil:
		return nil, "NIXHOP_NOM is set", nil
	case d.Engine == nil || flag == "":
		return d.Engine, d.Why, nil
	case r.Engine == request.EngineNixosRebuild:
		return nil, "", &request.UsageError{
			Message: "no nixos-rebuild has a flag for " + flag, Hint: "leave --engine out: nixhop takes the steps itself",
		}
	}
	var refused *request.UsageError
	if errors.As(k.refusal(), &refused) {
		return nil, "", &request.UsageError{
			Message: "no nixos-rebuild has a flag for " + flag + ", and nixhop takes the steps itself", Hint: refused.Message,
		}
	}
	return nil, "no nixos-rebuild has a flag for " + flag, nil
}

// copiesThere says how the system comes to the target where a nixos-rebuild works with a third machine: nixhop's own
// steps, which need nothing of the build host but its Nix, cannot do what is asked.
func (d Decision) copiesThere(k Known) []report.Finding {
	if d.Engine == nil || k.Machine == nil || k.Place.Here || k.Place.Target || !k.Request.Evaluates() {
		return nil
	}
	var refused *request.UsageError
	why := "its own ssh must get there"
	if errors.As(k.refusal(), &refused) {
		why += "; " + refused.Message
	}
	return []report.Finding{{
		Name: "build-host", Severity: report.Note, Host: k.Place.Host.String(),
		What: fmt.Sprintf("nixos-rebuild has it copy what it builds to %q by itself", k.Machine.Host), Why: why,
	}}
}

// unknownFlags are the flags that the nixos-rebuild which does the work is too old for.
func (d Decision) unknownFlags(s source.Source) []report.Finding {
	var found []report.Finding
	if d.Engine == nil {
		return nil
	}
	for _, f := range given(d.Request, s) {
		_, err := d.Engine.Words(f)
		var unknown *request.UsageError
		if errors.As(err, &unknown) {
			found = append(found, report.Finding{
				Name: "too-old", Severity: report.Error, Host: report.Here,
				What: unknown.Message, Why: "it is older than the flag, and nixhop's own steps have none like it",
				Remedy: []report.Remedy{report.Line(unknown.Hint)},
			})
		}
	}
	return found
}

// elevated settles how root is gained on the target: it is there already, comes without a password, or by one that is
// to be asked for. nixos-rebuild cannot be given a password that was tried before the build (nixpkgs#342657): nixhop
// takes the steps itself then.
func (d Decision) elevated(k Known) Decision {
	switch {
	case k.Machine == nil || !NeedsRoot(k.Request.Action):
		return d
	case k.On == nil && (k.Machine.Endpoint.User == "root" || len(d.Ways()) == 0):
		return d
	case k.On == nil:
		d.Elevate = elevation(facts.Elevation{}, d.Ways(), d.SudoOpts)
		d.Unknown = append(d.Unknown, fmt.Sprintf("%s was not looked at: root is taken to be gained by %q there",
			k.Machine.Host, strings.Join(d.Elevate, " ")))
		return d
	case k.On.Root():
		return d
	}
	return d.byWay(k)
}

// byWay settles which of the ways to root is taken. A root shell is best: it keeps two activations apart, and one that
// was begun from a lost connection. Then what sudo lets the login run alone; a password that is asked for comes last.
func (d Decision) byWay(k Known) Decision {
	e, ways := k.On.Elevate, d.Ways()
	d.Elevate = elevation(e, ways, d.SudoOpts)
	way, free := e.Way(ways)
	a := ActivationOf(k.Request)
	forced := way == facts.BySudo && k.Request.Has("--ask-elevate-password")
	switch {
	case free && d.Engine != nil && !d.keepsNixosRebuild() && !d.Engine.elevates(way):
		d.Why = fmt.Sprintf("root on %s is gained by %s, which %q does not know", k.Machine.Host, way, d.Engine.Path)
		d.Engine = nil
	case free && way == facts.BySudo && d.Engine != nil && !d.keepsNixosRebuild() && onlyShell(e, a, k.On.System.Current):
		d.Why = fmt.Sprintf("sudo on %s wants no password for a shell, but for the commands of nixos-rebuild", k.Machine.Host)
		d.Engine = nil
	case !free && way == facts.BySudo && !forced && len(e.SudoRules.Freely()) > 0:
		d.Commands, d.Missing = permitted(e.SudoRules, a, k.On.System.Current)
		if len(d.Missing) == a.commands() {
			d.Missing = nil // the rules are about something else
		}
		if d.Commands != nil && d.Engine != nil && !d.keepsNixosRebuild() {
			d.Why = fmt.Sprintf("sudo on %s wants no password for a few commands only, which are taken word for word", k.Machine.Host)
			d.Engine = nil
		}
	}
	wanted := way == facts.BySudo && !free && e.SudoAsks() && d.Commands == nil
	if !forced && !wanted || !k.Somebody || k.Checking || d.Engine != nil && d.keepsNixosRebuild() {
		return d
	}
	d.Password, d.Elevate = true, withPassword(d.SudoOpts)
	if d.Engine != nil {
		d.Engine, d.Why = nil, PasswordFirst
	}
	return d
}

// onlyShell reports whether sudo has rules for a shell, and none for what a nixos-rebuild runs.
func onlyShell(e facts.Elevation, a Activation, system string) bool {
	if !e.SudoRules.Free("/bin/sh", "-s") {
		return false
	}
	_, missing := permitted(e.SudoRules, a, system)
	return len(missing) > 0
}

// PasswordFirst is why nixhop takes the steps itself where sudo wants a password.
const PasswordFirst = "nixos-rebuild cannot be given a password that was tried"

// keepsNixosRebuild reports whether nixhop cannot take the steps itself.
func (d Decision) keepsNixosRebuild() bool {
	return d.Request.Engine == request.EngineNixosRebuild || d.refused
}

// Ways are the ways to root that may be taken: those of the request, and of these, where nixos-rebuild must do the
// work, those that it knows.
func (d Decision) Ways() []facts.Way {
	ways := d.Request.Ways()
	if d.Request.Method() != "" || d.Engine == nil || !d.keepsNixosRebuild() {
		return ways
	}
	return slices.DeleteFunc(slices.Clone(ways), func(w facts.Way) bool { return !d.Engine.elevates(w) })
}

// builtThere has nixhop take the steps itself where the build host's Nix is too old for nixos-rebuild-ng. Its own
// steps take nix-store.
func (d Decision) builtThere(k Known) (Decision, []report.Finding) {
	builds := k.Builder != nil && k.Request.Evaluates() && k.Source.IsFlake() && slices.Contains(request.NativeActions, k.Request.Action)
	third := k.Builder != nil && k.Builder != k.Machine && k.Machine != nil
	if third && d.Engine == nil && k.At == nil && k.Request.Evaluates() {
		d.Unknown = append(d.Unknown, fmt.Sprintf("%s was not asked whether it reaches %s itself: it would then copy there directly",
			k.Builder.Host, k.Machine.Host))
	}
	if k.Target == nil || !builds || d.Engine == nil || !d.Engine.isNG() {
		return d, nil
	}
	if k.At == nil {
		d.Unknown = append(d.Unknown, fmt.Sprintf("the Nix of %s was not asked for its version: nixhop would take the steps itself where it is older than 2.%d",
			k.Builder.Host, remoteBuildMinor))
		return d, nil
	}
	host, there := k.Builder.Host.String(), k.At.Nix.Version
	if major, minor := facts.Version(there); major != 2 || minor >= remoteBuildMinor {
		return d, nil
	}
	if !d.keepsNixosRebuild() {
		d.Why = fmt.Sprintf("nixos-rebuild-ng builds on another host by Nix 2.%d or newer, and %s has %s", remoteBuildMinor, host, there)
		d.Engine = nil
		return d, nil
	}
	var native []report.Remedy
	if !d.refused {
		native = []report.Remedy{report.Again("--engine", "native")}
	}
	return d, []report.Finding{{
		Name: "too-old", Severity: report.Error, Host: host,
		What:   fmt.Sprintf("nixos-rebuild-ng builds on another host by Nix 2.%d or newer, and its Nix is %q", remoteBuildMinor, there),
		Why:    "what it asks for there is DERIVATION^*, which an older one does not know",
		Remedy: report.AnyOf(native, []report.Remedy{report.Again("--build-host", "local")}),
	}}
}

// Cross is the platform that the system is built on, where that is forced; own is the build host's own system, empty
// where nobody knows it.
func (d Decision) Cross(own string) (string, error) {
	switch {
	case !d.Crossing.Ask:
		return d.Crossing.From, nil
	case own == "":
		return "", UnknownBuildSystem(d.Request, "the build host does not tell its system")
	case !strings.HasSuffix(own, "-linux"):
		return "", UnknownBuildSystem(d.Request, "NixOS is not cross-compiled from "+own)
	}
	return own, nil
}

// Wanted is the evaluation of a configuration that the decision asks for. A --cross that names no system takes the
// build host's own; own is as for Cross, whose error is the only one.
func (d Decision) Wanted(s source.Source, configuration, own string) (source.Wanted, error) {
	cross, err := d.Cross(own)
	return source.Wanted{Source: s, Configuration: configuration, Request: d.Request, Cross: cross, System: d.System}, err
}

// UnknownBuildSystem says that --cross alone needs a system that nobody told.
func UnknownBuildSystem(r request.Request, why string) error {
	return &request.UsageError{Message: "--cross: " + why, Hint: "name it: " + r.Offer(report.Again("--cross=x86_64-linux"))}
}
