package request

import (
	"slices"
	"strings"

	"nixhop/rebuild/report"
)

// Offer are the lines of remedies, which go the way of this request: to be the hint of a wrong usage. Nothing was done
// yet, so that no flag is left out.
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
	var hosts []Selector
	for _, word := range words {
		host, configuration, _ := strings.Cut(word, "=")
		hosts = append(hosts, Selector{Word: word, Host: host, Configuration: configuration})
	}
	r.TargetHostFlag = false
	return r.For(hosts...)
}

// For is the request for these hosts alone, whatever the words and flags were that have chosen them.
func (r Request) For(hosts ...Selector) Request {
	r.Hosts, r.Except, r.Partition = hosts, nil, Partition{}
	r.Own = slices.DeleteFunc(slices.Clone(r.Own), func(f Flag) bool {
		spec, _ := FindFlag(f.Name)
		return spec.Group == GroupHosts && f.Name != "--inventory" // which says what is deployed
	})
	return r
}
