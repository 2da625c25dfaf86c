package request

import (
	"fmt"
	"slices"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/report"
	"nixhop/sshcfg"
)

// UsageError says that the command line cannot be meant: exit status 2, and nothing was done.
type UsageError struct {
	Message string // lower case, no full stop, values quoted
	Hint    string // lines that help out, commands mostly; may be empty
}

// Error is the message, then the hint in lines of its own.
func (e *UsageError) Error() string {
	if e.Hint == "" {
		return e.Message
	}
	return e.Message + "\n" + e.Hint
}

// usageErrorf is a usage error without a hint.
func usageErrorf(format string, a ...any) error {
	return &UsageError{Message: fmt.Sprintf(format, a...)}
}

// unknownAction is the error for a first word that is no action. A host without an action is most likely meant to be
// switched.
func unknownAction(r Request, word string, isHost bool) error {
	if isHost {
		return &UsageError{
			Message: fmt.Sprintf("unknown action %q", word),
			Hint:    "it is a host; to deploy to it: " + r.As("switch").On(word).Offer(report.Again()),
		}
	}
	return &UsageError{Message: fmt.Sprintf("unknown action %q", word), Hint: hintLines(didYouMean(word, actionNames()), "see: nixhop --help")}
}

func actionNames() []string {
	var names []string
	for _, a := range Actions() {
		names = append(names, a.Name)
		if a.Also != "" {
			names = append(names, a.Also)
		}
	}
	return names
}

// unknownFlag is the error for a flag that neither nixhop nor any known nixos-rebuild has, where nixhop must
// understand all. unknown are all such words, with what looks like their values; the first is the flag.
func unknownFlag(r Request, unknown []string) error {
	flag := unknown[0]
	name, _, _ := strings.Cut(flag, "=")
	if len(name) > 2 && name[1] != '-' {
		if _, long := FindFlag("-" + name); long {
			return &UsageError{Message: fmt.Sprintf("unknown flag %q", flag), Hint: "did you mean -" + name + "?"}
		}
	}
	var long []string
	for _, s := range Flags() {
		long = append(append(long, s.Name), s.Also...)
	}
	r.Extra = slices.Concat(unknown, r.Extra)
	return &UsageError{
		Message: fmt.Sprintf("unknown flag %q", flag),
		Hint:    hintLines(didYouMean(name, long), "a flag that only nixos-rebuild knows goes after --: "+r.Offer(report.Again())),
	}
}

// UnknownName is the usage error for a name that nothing stands behind, with the nearest ones that exist.
func UnknownName(r Request, what, name, prefix string, known []string) *UsageError {
	hint := "see the aliases: " + r.Offer(report.Nixhop("hosts"))
	if near := sshcfg.Nearest(strings.TrimPrefix(name, prefix), known, 3); len(near) > 0 {
		hint = "did you mean " + prefix + strings.Join(near, " or "+prefix) + "?\n" + hint
	}
	return &UsageError{Message: what + " " + nixexec.Quoted(name), Hint: hint}
}
