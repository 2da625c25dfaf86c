package sshcfg

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"nixhop/nixexec"
)

// Hints are what a comment in a Host block tells nixhop; ssh ignores it:
//
//	# nixhop: configuration=my-nixos build-host=target tags=arm,home cross=x86_64-linux allow=host-name
type Hints struct {
	Configuration string   // the name in the flake's nixosConfigurations
	BuildHost     string   // as --build-host
	Cross         string   // the system that builds for this host
	Tags          []string // groups that @tag selects, in the order written
	Allow         []string // findings that are let through, as by --allow
}

// hintMark begins a hint, after the #.
const hintMark = "nixhop:"

// isHint says whether a comment, without its #, is meant for nixhop.
func isHint(comment string) bool {
	return strings.HasPrefix(strings.TrimSpace(comment), hintMark)
}

// parseHints reads one hint comment, without its #. It returns what it could read, and a complaint for each word it
// could not.
func parseHints(comment string) (h Hints, complaints []string) {
	keys := []string{"allow", "build-host", "configuration", "cross", "tags"}
	for _, word := range strings.Fields(strings.TrimPrefix(strings.TrimSpace(comment), hintMark)) {
		key, value, ok := strings.Cut(word, "=")
		if !ok || value == "" || strings.ContainsFunc(value, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }) {
			complaints = append(complaints, fmt.Sprintf("the hint %q is not key=value", word))
			continue
		}
		switch key {
		case "configuration":
			h.Configuration = value
		case "build-host":
			if _, err := ParseHost(value); err != nil {
				first, _, _ := strings.Cut(err.Error(), "\n")
				complaints = append(complaints, "the hint build-host: "+first)
				continue
			}
			h.BuildHost = value
		case "cross":
			if !nixexec.SystemName.MatchString(value) {
				complaints = append(complaints, fmt.Sprintf("the hint cross=%s names no system; as in: cross=x86_64-linux", clean(value)))
				continue
			}
			h.Cross = value
		case "tags":
			h.Tags = append(h.Tags, listed(value)...)
		case "allow":
			h.Allow = append(h.Allow, listed(value)...)
		default:
			complaint := fmt.Sprintf("unknown hint %q; the hints are %s", key, strings.Join(keys, ", "))
			if near := Nearest(key, keys, 1); len(near) == 1 {
				complaint = fmt.Sprintf("unknown hint %q, did you mean %q?", key, near[0])
			}
			complaints = append(complaints, complaint)
		}
	}
	return h, complaints
}

// listed are the words of a list with commas.
func listed(value string) []string {
	return slices.DeleteFunc(strings.Split(value, ","), func(word string) bool { return word == "" })
}

// fill takes over what is not set yet, as ssh takes the first value of each keyword; tags and allowances add up.
func (h *Hints) fill(other Hints) {
	for _, field := range []struct{ to, from *string }{
		{&h.Configuration, &other.Configuration},
		{&h.BuildHost, &other.BuildHost},
		{&h.Cross, &other.Cross},
	} {
		if *field.to == "" {
			*field.to = *field.from
		}
	}
	for _, list := range []struct {
		to   *[]string
		from []string
	}{{&h.Tags, other.Tags}, {&h.Allow, other.Allow}} {
		for _, word := range list.from {
			if !slices.Contains(*list.to, word) {
				*list.to = append(*list.to, word)
			}
		}
	}
}
