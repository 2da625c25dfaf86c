package request

import (
	"slices"
	"strings"

	"nixhop/rebuild/report"
)

// Offer are the lines of remedies, which go the way of this request: to be the hint of a wrong usage. Nothing was done yet, so
// that no flag is left out.
func (r Request) Offer(remedies ...report.Remedy) string {
	call := r.Call()
	call.Flags = r.repeatedFlags(nil)
	return strings.Join(call.Lines(remedies), "\n")
}

// As is the request with another action, as far as that takes its flags, and without some of them.
func (r Request) As(name string, but ...string) Request {
	r.Action = name
	action, _ := FindAction(name)
	refuses := func(flag string) bool {
		return slices.Contains(but, flag) || slices.Contains(action.Refuses, flag) || action.Flags != nil && !slices.Contains(action.Flags, flag)
	}
	without := func(flags []Flag) []Flag {
		return slices.DeleteFunc(slices.Clone(flags), func(f Flag) bool { return refuses(f.Name) })
	}
	r.Flags, r.Own = without(r.Flags), without(r.Own)
	if refuses("--build-host") {
		r.BuildHostGiven = false
	}
	return r
}

// On is the request for another HOST, or for several, as they are typed.
func (r Request) On(words ...string) Request {
	r.Hosts, r.TargetHostFlag = nil, false
	for _, word := range words {
		host, configuration, _ := strings.Cut(word, "=")
		r.Hosts = append(r.Hosts, Selector{Word: word, Host: host, Configuration: configuration})
	}
	return r
}
