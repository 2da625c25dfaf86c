package request

import (
	"fmt"
	"slices"
	"strings"

	"nixhop/rebuild/report"
)

// finish turns the words that were collected into the rest of the request and refuses what cannot be meant.
func (p *parser) finish() (Request, error) {
	r := &p.request
	action, known := FindAction(r.Action)
	r.Help = r.Help || len(p.words) == 0
	switch {
	case !known && (len(p.plain) > 0 || !r.Help):
		return *r, p.noAction()
	case r.Help:
		return *r, nil
	}
	if err := p.operands(action); err != nil {
		return *r, err
	}
	if r.PassThrough() {
		return *r, nil
	}
	r.NoFlake = r.NoFlake || r.namesConfiguration()
	return *r, conflicts(*r, action, p.unknown)
}

// namesConfiguration reports whether -I names the configuration of a HOST. It is no flake's then: one that nobody has
// named would hide it without a word.
func (r Request) namesConfiguration() bool {
	if len(r.Hosts) == 0 || r.TargetHostFlag || r.FlakeGiven || r.File != "" || r.Attr != "" {
		return false
	}
	return slices.ContainsFunc(r.Flags, func(f Flag) bool {
		return f.Name == "--include" && strings.HasPrefix(f.Values[0], "nixos-config=")
	})
}

// operands makes of the words that are no flags what the action takes: hosts, or plain words.
func (p *parser) operands(action Action) error {
	switch {
	case p.target != nil && action.Flags != nil:
		return usageErrorf("--target-host cannot be used with %s", action.Name)
	case action.Hosts != PlainWords:
		return p.hosts()
	}
	p.request.Args = p.plain
	usage := "nixhop " + action.Name + " " + action.Usage
	switch {
	case len(p.plain) == 0 && action.Needs:
		return &UsageError{Message: action.Name + " needs a word", Hint: "as in: " + usage}
	case len(p.plain) > 1 || len(p.plain) > len(action.Words):
		return &UsageError{Message: fmt.Sprintf("too many words: %q", p.plain[len(p.plain)-1]), Hint: "as in: " + usage}
	case len(p.plain) == 1 && !slices.Contains(action.Words, p.plain[0]):
		word := p.plain[0]
		return &UsageError{Message: fmt.Sprintf("%s knows no %q", action.Name, word), Hint: hintLines(didYouMean(word, action.Words), "as in: "+usage)}
	}
	return nil
}

// noAction decides what a command line without an action is: an error, but where it holds words that only
// nixos-rebuild can know.
func (p *parser) noAction() error {
	r := p.request
	switch {
	case isAction(r.Flake) && (len(p.plain) == 0 || p.couldBeHost(p.plain[0])):
		meant := r.As(r.Flake).On(p.plain...)
		meant.Flake = ""
		return &UsageError{
			Message: fmt.Sprintf("no action was given: --flake took %q as its value", r.Flake),
			Hint:    "--flake without a value stands last: " + meant.Offer(report.Again()),
		}
	case len(p.plain) > 0:
		word := p.plain[0]
		r.Extra = slices.Concat(p.unknown, r.Extra)
		return unknownAction(r, word, p.couldBeHost(word))
	case len(r.Own) == 0 && len(p.unknown)+len(r.Extra) > 0:
		return nil
	default:
		return &UsageError{Message: "no action was given", Hint: "see: nixhop --help"}
	}
}

func isAction(word string) bool {
	_, ok := FindAction(word)
	return ok
}

// hosts makes selectors of the HOST words, or of --target-host. An empty --target-host means this machine, as in
// nixos-rebuild.
func (p *parser) hosts() error {
	for _, word := range p.plain {
		s, err := ParseSelector(word)
		if err != nil {
			return err
		}
		p.request.Hosts = append(p.request.Hosts, s)
	}
	if p.request.Has("--all") {
		p.request.Hosts = append(p.request.Hosts, Everything())
	}
	if p.target == nil || *p.target == "" {
		return nil
	}
	if err := tameHost("--target-host", *p.target); err != nil {
		return err
	}
	if len(p.request.Hosts) > 0 {
		return &UsageError{
			Message: fmt.Sprintf("both HOST (%q) and --target-host (%q) were given", p.request.Hosts[0].Word, *p.target),
			Hint:    "one of them is enough: " + p.request.On(*p.target).Offer(report.Again()),
		}
	}
	p.request.Hosts = []Selector{{Word: *p.target, Host: *p.target}}
	p.request.TargetHostFlag = true
	return nil
}

// conflicts refuses words that contradict each other, before anything is done.
func conflicts(r Request, action Action, unknown []string) error {
	for _, refused := range []func(Request, Action) error{
		func(r Request, a Action) error { return refusedCommand(r, a, unknown) },
		refusedFlags, refusedSelection, refusedWords, refusedHosts, refusedSources, refusedBack, refusedBoot, refusedMonitor, refusedPlatforms,
		refusedLook, wrongChoices,
	} {
		if err := refused(r, action); err != nil {
			return err
		}
	}
	if r.BuildHostGiven && !LocalBuildHost(r.BuildHost) {
		if err := tameHost("--build-host", r.BuildHost); err != nil {
			return err
		}
	}
	if len(unknown) > 0 {
		return unknownFlag(r, unknown)
	}
	return nil
}

// refusedFlags refuses flags that the action does not take.
func refusedFlags(r Request, action Action) error {
	for _, name := range r.names() {
		if slices.Contains(action.Refuses, name) || action.Flags != nil && !slices.Contains(action.Flags, name) {
			return usageErrorf("%s cannot be used with %s", name, action.Name)
		}
		if spec, _ := FindFlag(name); spec.With != nil && !slices.Contains(spec.With, action.Name) {
			hint := "it is for the action " + spec.With[0]
			if last := len(spec.With) - 1; last > 0 {
				hint = "it is for " + strings.Join(spec.With[:last], ", ") + " and " + spec.With[last]
			}
			return &UsageError{Message: name + " cannot be used with " + action.Name, Hint: hint}
		}
		if len(r.Hosts) > 0 && !r.TargetHostFlag && slices.Contains(action.There, name) {
			hint := "nothing is built for it: "
			if name == "--rollback" {
				hint = "nothing is built; which generations there are: "
			}
			hint += r.Offer(report.Nixhop("list-generations", r.Hosts[0].Word))
			return &UsageError{Message: fmt.Sprintf("%s cannot be used with %s of a host", name, action.Name), Hint: hint}
		}
	}
	return nil
}

// refusedWords refuses what would be lost: words for nixos-rebuild with an action that never runs one, and --json where
// nothing is printed that it could be about. Among nixos-rebuild's own words it is handed on to it, which ignores it.
func refusedWords(r Request, action Action) error {
	switch {
	case len(r.Extra) > 0 && !action.Command && (action.Flags != nil || action.Name == "list-generations" && len(r.Hosts) > 0):
		return usageErrorf("%s takes no words for nixos-rebuild: %q", action.Name, r.Extra[0])
	case r.Has("--log-dir") && (!r.deploys() || r.TargetHostFlag):
		return &UsageError{Message: "--log-dir has no effect on " + r.what(), Hint: "it is for a deployment to a HOST"}
	case r.JSON && !r.Events() && !action.Own && action.Name != "list-generations" && len(r.Hosts) > 0 && !r.TargetHostFlag:
		return &UsageError{Message: "--json has no effect on " + r.what(), Hint: "it is for check, hosts, list-generations and a deployment to a HOST"}
	}
	return nil
}

// refusedCommand refuses a command for hosts without one of these, and one that does not stand where it can be told
// from them.
func refusedCommand(r Request, action Action, unknown []string) error {
	switch {
	case !action.Command:
		return nil
	case len(r.Hosts) == 0:
		return &UsageError{Message: action.Name + " needs a HOST", Hint: "as in: nixhop " + action.Name + " " + action.Usage}
	case len(r.Extra) > 0:
		return nil
	}
	r.Hosts = slices.DeleteFunc(slices.Clone(r.Hosts), func(s Selector) bool { return s.Kind == Every })
	if len(r.Hosts) == 0 || len(r.Hosts) == 1 && len(unknown) == 0 {
		return nil
	}
	meant := r.On(r.Hosts[0].Word)
	for _, sel := range r.Hosts[1:] {
		meant.Extra = append(meant.Extra, sel.Word)
	}
	meant.Extra = append(meant.Extra, unknown...)
	hint := "if that is the command: " + meant.Offer(report.Again())
	if len(unknown) == 0 {
		r.Extra = []string{"COMMAND"}
		hint += "\nif those are the hosts: " + r.Offer(report.Again())
	}
	return &UsageError{Message: "the command for the hosts must stand behind --", Hint: hint}
}

// names lists the canonical names of all flags of the request but --help.
func (r Request) names() []string {
	var names []string
	for _, f := range slices.Concat(r.Own, r.Flags) {
		names = append(names, f.Name)
	}
	for _, field := range []struct {
		given bool
		name  string
	}{{r.FlakeGiven, "--flake"}, {r.NoFlake, "--no-flake"}, {r.File != "", "--file"}, {r.Attr != "", "--attr"}, {r.JSON, "--json"}} {
		if field.given {
			names = append(names, field.name)
		}
	}
	return names
}

// refusedLook refuses --check where there is no plan for which hosts could be looked at first.
func refusedLook(r Request, _ Action) error {
	if !r.Look || r.Plan {
		return nil
	}
	return &UsageError{Message: "--check goes with --plan", Hint: "the checks alone: " + r.As("check", "--check").Offer(report.Again())}
}

// refusedHosts refuses --target-host and --build-host with the actions with which nixos-rebuild refuses them, and with
// those that know of no hosts at all.
func refusedHosts(r Request, action Action) error {
	refused := func(name string) bool {
		return slices.Contains(action.Refuses, name) || action.Flags != nil
	}
	switch {
	case r.TargetHostFlag && refused("--target-host"):
		hint := ""
		if action.Flags == nil {
			hint = "for its configuration: "
			if action.Hosts == HostsAreTargets {
				hint = "for that host: "
			}
			hint += r.As(action.Name).On(r.Hosts[0].Word).Offer(report.Again())
		}
		return &UsageError{Message: "--target-host cannot be used with " + action.Name, Hint: hint}
	case r.BuildHostGiven && (action.Flags != nil || !LocalBuildHost(r.BuildHost)) && refused("--build-host"):
		return usageErrorf("--build-host cannot be used with %s", action.Name)
	}
	return nil
}

// refusedSources refuses two answers to the question what is to be built.
func refusedSources(r Request, _ Action) error {
	var sources []string
	for _, name := range r.names() {
		if name == "--flake" || name == "--file" || name == "--attr" {
			sources = append(sources, name)
		}
	}
	switch {
	case r.FlakeGiven && len(sources) > 1:
		return usageErrorf("--flake cannot be used with %s", sources[1])
	case r.Has("--store-path") && len(sources) > 0:
		return usageErrorf("--store-path cannot be used with %s", sources[0])
	case r.Has("--store-path") && r.Has("--rollback"):
		return usageErrorf("--store-path cannot be used with --rollback")
	}
	return nil
}

// wrongChoices refuses values that a flag of nixos-rebuild does not take.
func wrongChoices(r Request, _ Action) error {
	for _, f := range r.Flags {
		spec, _ := FindFlag(f.Name)
		if spec.Choices != nil && !slices.Contains(spec.Choices, f.Values[0]) {
			return wrongValue(spec, f.Spelling, f.Values[0])
		}
	}
	return nil
}
