package request

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"nixhop/nixexec"
)

// Parse understands a command line without the program's name. Flags and hosts may stand in any order, before or after
// the action; after "--" everything is nixos-rebuild's. isHost tells whether a name is a host of the ssh config; it is
// only asked where a word could be something else as well. Errors are a *UsageError; the request then holds what was
// understood so far.
//
// Where nixhop would only hand the words to nixos-rebuild (Request.PassThrough), nothing is refused that a
// nixos-rebuild could understand: unknown flags and conflicts are its business.
func Parse(words []string, isHost func(string) bool) (Request, error) {
	p := parser{words: words, isHost: isHost, request: Request{ConnectTimeout: DefaultConnectTimeout, ReconnectTimeout: DefaultReconnectTimeout}}
	for p.at < len(words) {
		if words[p.at] == "--" {
			p.request.Extra = slices.Clone(words[p.at+1:])
			break
		}
		if err := p.next(); err != nil {
			return p.request, err
		}
	}
	p.request.Words = append(p.request.Words, p.request.Extra...)
	return p.finish()
}

type parser struct {
	words   []string
	isHost  func(string) bool
	at      int // the word that is looked at
	request Request

	plain   []string // words that are no flag, but for the action
	early   int      // how many of plain stand before the action
	target  *string  // --target-host
	behind  string   // the flag of nixhop that the next word stands behind, where that has no value
	unknown []string // flags that the table does not have, with what looks like their values
}

// next takes one word and the values that belong to it.
func (p *parser) next() error {
	start := p.at
	word := p.words[start]
	p.at++
	if !strings.HasPrefix(word, "-") || word == "-" {
		behind := p.behind
		p.behind = ""
		p.request.Words = append(p.request.Words, word)
		return p.positional(word, behind)
	}
	flags, known, err := p.flags(word)
	if err != nil {
		return err
	}
	if !known {
		p.unknown = append(p.unknown, word)
		if p.at < len(p.words) && !strings.Contains(word, "=") && p.mayBeValue(p.words[p.at]) {
			p.unknown = append(p.unknown, p.words[p.at])
			p.at++
		}
	}
	own := false
	p.behind = ""
	for _, f := range flags {
		spec, _ := FindFlag(f.Name)
		own = own || spec.IsOwn()
		if spec.IsOwn() && len(f.Values) == 0 {
			p.behind = spec.Name
		}
		if err := p.take(spec, f); err != nil {
			return err
		}
	}
	if !own {
		p.request.Words = append(p.request.Words, p.words[start:p.at]...)
	}
	return nil
}

func (p *parser) positional(word, behind string) error {
	if action, ok := FindAction(word); ok && p.request.Action == "" {
		p.request.Action = action.Name
		p.early = len(p.plain)
		return nil
	}
	p.plain = append(p.plain, word)
	if behind != "" && !p.isHost(word) {
		return misplaced(behind, word)
	}
	return nil
}

// mayBeValue reports whether a word behind an unknown flag is likelier its value than a word of its own.
func (p *parser) mayBeValue(word string) bool {
	if strings.HasPrefix(word, "-") || p.couldBeHost(word) {
		return false
	}
	_, isAction := FindAction(word)
	return !isAction || p.request.Action != ""
}

// couldBeHost reports whether a word is a host of the ssh config or has the form of one: user@host, @tag, host:port,
// ssh://. A path or a flake is none.
func (p *parser) couldBeHost(word string) bool {
	if strings.HasPrefix(word, "ssh://") {
		return true
	}
	if strings.ContainsAny(word, "/#") {
		return false
	}
	name, _, _ := strings.Cut(word, "=")
	return strings.ContainsAny(name, "@:") || p.isHost(name)
}

// flags reads the flags that one word holds, one but for combined short ones like -kL, with their values from this
// word and the next ones. known is false where the table has no such flag.
func (p *parser) flags(word string) (flags []Flag, known bool, err error) {
	name, value, hasValue := strings.Cut(word, "=")
	if spec, ok := FindFlag(name); ok {
		f := Flag{Name: spec.Canonical(), Spelling: name}
		if hasValue {
			if len(spec.Values) != 1 {
				return nil, true, wrongValue(spec, name, value)
			}
			f.Values, f.glue, f.attached = []string{value}, "=", true
			return []Flag{f}, true, nil
		}
		f.Values, err = p.values(spec, name)
		return []Flag{f}, true, err
	}
	if _, long := FindFlag("-" + name); long || strings.HasPrefix(word, "--") {
		return nil, false, nil
	}
	return p.cluster(word)
}

// cluster reads short flags in one word: -kL, -vvv, -j8, -kj8. argparse and getopt read them so.
func (p *parser) cluster(word string) (flags []Flag, known bool, err error) {
	for i := 1; i < len(word); i++ {
		spelling := "-" + word[i:i+1]
		spec, ok := FindFlag(spelling)
		if !ok {
			return nil, false, nil
		}
		f := Flag{Name: spec.Canonical(), Spelling: spelling}
		if len(spec.Values) > 0 && i+1 < len(word) {
			f.Values, f.attached = []string{word[i+1:]}, true
			return append(flags, f), true, nil
		}
		if len(spec.Values) > 0 {
			f.Values, err = p.values(spec, spelling)
			return append(flags, f), true, err
		}
		if last := len(flags) - 1; spec.Counted && last >= 0 && flags[last].Name == f.Name {
			flags[last].Spelling += word[i : i+1]
			continue
		}
		flags = append(flags, f)
	}
	return flags, true, nil
}

// values takes the values of a flag from the next words. A word that is a flag is no value: argparse refuses it, too,
// and else "--profile-name --plan" would deploy.
func (p *parser) values(spec FlagSpec, spelling string) ([]string, error) {
	var values []string
	if spec.Attached {
		return nil, nil
	}
	for range spec.Values {
		if p.at < len(p.words) && p.isValue(spec, p.words[p.at]) {
			values = append(values, p.words[p.at])
			p.at++
		} else if !spec.Optional {
			return nil, &UsageError{Message: spelling + " needs " + needed(spec), Hint: "as in: " + usageOf(spec)}
		}
	}
	return values, nil
}

func (p *parser) isValue(spec FlagSpec, word string) bool {
	if spec.Optional {
		return !strings.HasPrefix(word, "-")
	}
	name, _, _ := strings.Cut(word, "=")
	_, isFlag := FindFlag(name)
	return !isFlag && word != "--"
}

// take puts a flag into the request: into its field, or among the others.
func (p *parser) take(spec FlagSpec, f Flag) error {
	r := &p.request
	value := ""
	if len(f.Values) > 0 {
		value = f.Values[0]
	}
	if spec.IsOwn() {
		r.Own = append(r.Own, f)
		return takeOwn(r, spec, value)
	}
	if value == "" && spec.Empty {
		r.Flags = slices.DeleteFunc(r.Flags, func(o Flag) bool { return o.Name == f.Name })
		return nil
	}
	switch spec.Name {
	case "--help":
		r.Help = true
	case "--json":
		r.JSON = true
	case "--flake":
		r.Flake, r.FlakeGiven, r.NoFlake = value, true, false
	case "--no-flake":
		r.Flake, r.FlakeGiven, r.NoFlake = "", false, true
	case "--file":
		r.File = value
	case "--attr":
		r.Attr = value
	case "--build-host":
		r.BuildHost, r.BuildHostGiven = value, true
	case "--target-host":
		p.target = &value
	case "--verbose":
		r.Verbose += f.count()
		r.Flags = append(r.Flags, f)
	default:
		r.Flags = append(r.Flags, f)
	}
	return nil
}

func takeOwn(r *Request, spec FlagSpec, value string) (err error) {
	if spec.Choices != nil && !slices.Contains(spec.Choices, value) {
		return wrongValue(spec, spec.Name, value)
	}
	switch spec.Name {
	case "--except":
		err = takeExcept(r, value)
	case "--partition":
		r.Partition, err = parsePartition(value)
	case "--yes":
		r.Yes = true
	case "--plan":
		r.Plan = true
	case "--check":
		r.Look = true
	case "--no-check":
		r.NoCheck = true
	case "--accept-new":
		r.AcceptNew = true
	case "--connect-timeout":
		// ssh counts in whole seconds, at least one.
		r.ConnectTimeout, err = ParseSeconds(spec.Name, value, time.Second, time.Hour)
	case "--reconnect-timeout":
		r.ReconnectTimeout, err = ParseSeconds(spec.Name, value, 0, time.Hour)
	case "--engine":
		r.Engine = value
	case "--nixos-rebuild":
		r.NixosRebuild, err = notEmpty(spec, value)
	case "--reboot":
		err = takeReboot(value)
	case "--generation":
		err = takeGeneration(value)
	case "--log-dir":
		_, err = notEmpty(spec, value)
	case "--ssh-config":
		r.SSHConfig, err = notEmpty(spec, value)
	case "--system":
		_, err = asSystem(spec.Name, value)
	case "--cross":
		if f, _ := r.Last(spec.Name); len(f.Values) > 0 && value != NoCross {
			_, err = asSystem(spec.Name, value)
		}
	}
	return err
}

// takeExcept takes a word that leaves hosts out, whatever configuration they would get.
func takeExcept(r *Request, word string) error {
	s, err := ParseSelector(word)
	if err == nil && s.Configuration != "" {
		err = &UsageError{Message: fmt.Sprintf("--except takes no configuration: %q", word), Hint: "as in: --except " + nixexec.ShellWord(s.Host)}
	}
	r.Except = append(r.Except, s)
	return err
}

func notEmpty(spec FlagSpec, value string) (string, error) {
	if value == "" {
		return "", wrongValue(spec, spec.Name, value)
	}
	return value, nil
}

// needed is what a flag's values are called: `a value (NAME)`, `two values (NAME VALUE)`.
func needed(spec FlagSpec) string {
	if len(spec.Values) == 2 {
		return "two values (" + strings.Join(spec.Values, " ") + ")"
	}
	return "a value (" + spec.Values[0] + ")"
}

// usageOf shows a flag with its values: "--option NAME VALUE".
func usageOf(spec FlagSpec) string {
	return strings.Join(append([]string{spec.Name}, spec.Values...), " ")
}

// wrongValue is the error for a value that the flag does not take.
func wrongValue(spec FlagSpec, spelling, value string) error {
	switch {
	case len(spec.Values) == 0:
		return usageErrorf("%s takes no value, but %q was given", spelling, value)
	case len(spec.Values) == 2:
		return &UsageError{Message: spelling + " takes its two values as words of their own", Hint: "as in: " + usageOf(spec)}
	case spec.Choices != nil:
		return usageErrorf("%s takes %s, not %q", spelling, strings.Join(spec.Choices, " or "), value)
	default:
		return usageErrorf("%s takes no empty value", spelling)
	}
}
