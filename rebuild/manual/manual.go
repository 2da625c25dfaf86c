// Package manual is the manual page nixhop(1). All that it says of actions, flags, hosts and exit statuses comes from
// the tables of the command line (package request) and the topics of the help (package help); what of these a person
// reads in the help does not live here.
package manual

import (
	"slices"
	"strings"

	"nixhop/rebuild/help"
	"nixhop/rebuild/request"
)

// section is a heading of the manual with what stands under it; within is true for one inside of the section before.
type section struct {
	title  string
	within bool
	parts  []help.Part
}

// Text is the manual for a terminal, in lines of at most 80 columns.
func Text() string {
	var all []string
	for _, s := range sections() {
		all = append(all, help.Plain(s.title, s.parts))
	}
	return strings.Join(all, "\n")
}

// sections is the whole manual.
func sections() []section {
	return slices.Concat([]section{
		{title: "NAME", parts: paragraphs("nixhop - a nixos-rebuild that knows your ssh hosts")},
		{title: "SYNOPSIS", parts: []help.Part{{Lines: []string{
			"nixhop ACTION [HOST...] [flags] [-- words for nixos-rebuild]",
			"nixhop ACTION --help",
			"nixhop help TOPIC",
		}}}},
		{title: "DESCRIPTION", parts: description()},
	}, actions(), flags(), topics(), ending())
}

func paragraphs(texts ...string) []help.Part {
	var parts []help.Part
	for _, t := range texts {
		parts = append(parts, help.Part{Text: t})
	}
	return parts
}

func description() []help.Part {
	return append(paragraphs(
		"nixhop deploys NixOS configurations to hosts that ssh knows: one word, an alias of the ssh config, is enough. It finds the configuration for it in the "+
			"flake, checks that the deployment can work (login, host key, root, Nix, the right host, space) before anything is built, and only then does what "+
			"nixos-rebuild does: by running it, or, for many hosts and where there is none, by the same nix and ssh commands.",
		"Without a host nixhop is nixos-rebuild, word for word. Flags and hosts may stand in any order, before or after the action. Every flag of every "+
			"nixos-rebuild is understood, and spelled as the one that is installed spells it.",
	), help.Part{Lines: []string{
		"nixhop hosts              # the ssh config, and what the flake has for it",
		"nixhop check web          # would a deployment work? changes nothing",
		"nixhop switch web --plan  # the commands for it, and nothing more",
		"nixhop switch web",
	}})
}

func actions() []section {
	theirs, own := help.Part{}, help.Part{}
	var lines []string
	for _, a := range request.Actions() {
		part := &theirs
		if a.Own {
			part = &own
		}
		part.Rows = append(part.Rows, actionRow(a))
		if several(a) {
			lines = append(lines, strings.Split(a.Long, "\n")...)
		}
	}
	return []section{
		{title: "ACTIONS"},
		{title: "Those of nixos-rebuild", within: true, parts: []help.Part{theirs}},
		{title: "Those of nixhop", within: true, parts: []help.Part{own, {Lines: lines}}},
	}
}

// several reports whether what there is to know of an action are lines that stay as they are.
func several(a request.Action) bool { return strings.Contains(a.Long, "\n") }

// actionRow is an action with what the table says of it.
func actionRow(a request.Action) help.Row {
	row := help.Row{Word: a.Name, Meaning: a.Short}
	if a.Also != "" {
		row.Word += ", " + a.Also
	}
	row.Word = strings.TrimRight(row.Word+" "+strings.TrimSuffix(a.Usage, " [flags]"), " ")
	if a.Long != "" && !several(a) {
		row.Meaning += ". " + a.Long
	}
	return row
}

func flags() []section {
	all := []section{{title: "FLAGS"}}
	for _, g := range request.Groups() {
		s := section{title: help.GroupTitle(g), within: true}
		var rows []help.Row
		for _, spec := range request.Flags() {
			if spec.Group == g {
				rows = append(rows, help.Row{Word: help.Written(spec), Meaning: wholeMeaning(spec)})
			}
		}
		s.parts = []help.Part{{Rows: rows}}
		all = append(all, s)
	}
	return all
}

// flagMeaning is what the table says of a flag, in a half sentence.
func flagMeaning(s request.FlagSpec) string {
	if s.More == "" {
		return s.Help
	}
	return s.Help + "; " + s.More
}

// wholeMeaning is flagMeaning with the values and the actions that the flag goes with.
func wholeMeaning(s request.FlagSpec) string {
	meaning := flagMeaning(s)
	if len(s.Choices) > 0 {
		meaning += ". One of: " + strings.Join(s.Choices, ", ")
	}
	if s.With != nil {
		meaning += ". With: " + strings.Join(s.With, ", ")
	}
	return meaning
}

func topics() []section {
	var all []section
	for _, t := range request.Topics() {
		all = append(all, section{title: strings.ToUpper(strings.ReplaceAll(t.Name, "-", " ")), parts: help.TopicParts(t.Name)})
	}
	return all
}

func ending() []section {
	return []section{
		{title: "FILES", parts: []help.Part{{Rows: []help.Row{
			{Word: "~/.ssh/config", Meaning: "the hosts; and what it includes"},
			{Word: "flake.nix", Meaning: "here or in a directory above: the configurations; else /etc/nixos/flake.nix"},
			{Word: "~/.cache/nixhop", Meaning: "what was evaluated before; may be deleted at any time"},
			{Word: "~/.local/state/nixhop/last", Meaning: "the output of the hosts of the last run that have failed, each in HOST.log"},
		}}}},
		{title: "SEE ALSO", parts: paragraphs("nixos-rebuild(8), ssh(1), ssh_config(5), nix(1), switch-to-configuration(1)")},
	}
}
