// Package help writes what the tables of the command line (package request) tell a reader: the help of nixhop and of
// each action, and what a shell may offer in the place of a word.
package help

import (
	"slices"
	"strings"

	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

// The help is at most width columns wide; what a word means begins in column column.
const (
	width  = 80
	column = 32
)

// Program is the whole help of nixhop: every action, every form of HOST, every flag, every exit status.
func Program() string {
	var h text
	h.line("nixhop is a nixos-rebuild that knows your ssh hosts.")
	h.heading("Usage")
	h.line("  nixhop ACTION [HOST...] [flags] [-- words for nixos-rebuild]\n" +
		"  nixhop ACTION --help")
	h.heading("Examples")
	h.row("nixhop switch web", "deploy to the host that ssh calls web")
	h.row("nixhop switch web --plan", "show the commands for that")
	h.row("nixhop check web", "check whether that can work")
	h.row("nixhop switch", "this machine: the same as nixos-rebuild switch")
	h.heading("Actions of nixos-rebuild")
	h.actions(false)
	h.heading("Actions of nixhop")
	h.actions(true)
	h.hosts()
	h.flags(request.Flags())
	h.exitStatuses()
	h.heading("Topics (nixhop help TOPIC)")
	for _, t := range request.Topics() {
		h.row(t.Name, t.Short)
	}
	return h.String()
}

// Action is the help of one action: how it is written, the flags that it takes, the exit statuses.
func Action(a request.Action) string {
	var h text
	h.line("nixhop " + a.Name + ": " + a.Short)
	h.heading("Usage")
	h.line("  " + strings.TrimSpace("nixhop "+a.Name+" "+a.Usage))
	if a.Also != "" {
		h.line("  " + strings.TrimSpace("nixhop "+a.Also+" "+a.Usage))
	}
	if a.Long != "" {
		h.line("")
	}
	for line := range strings.Lines(a.Long) {
		if len(line) <= width {
			h.line(strings.TrimSuffix(line, "\n"))
			continue
		}
		h.line(strings.Join(report.Wrap(line, width), "\n"))
	}
	if a.Hosts != request.PlainWords {
		h.hosts()
	}
	h.flags(slices.DeleteFunc(request.Flags(), func(s request.FlagSpec) bool { return !takes(a, s) }))
	h.exitStatuses()
	return h.String()
}

// takes reports whether an action's help shows a flag.
func takes(a request.Action, s request.FlagSpec) bool {
	if a.Flags != nil {
		return slices.Contains(a.Flags, s.Name)
	}
	return !slices.Contains(a.Refuses, s.Canonical())
}

type text struct{ strings.Builder }

func (h *text) line(s string) { h.WriteString(s + "\n") }

func (h *text) heading(s string) { h.line("\n" + s + ":") }

// row puts a word into the left column and what it means into the right one, wrapped.
func (h *text) row(word, meaning string) {
	left := "  " + word
	if len(left) >= column {
		h.line(left)
		left = ""
	}
	for _, line := range report.Wrap(meaning, width-column) {
		h.line(left + strings.Repeat(" ", column-len(left)) + line)
		left = ""
	}
}

// actions shows the actions that are nixhop's own, or those of nixos-rebuild.
func (h *text) actions(own bool) {
	for _, a := range request.Actions() {
		if a.Own != own {
			continue
		}
		name := a.Name
		if a.Also != "" {
			name += ", " + a.Also
		}
		h.row(name, a.Short)
	}
}

func (h *text) hosts() {
	h.heading("HOST")
	for _, r := range HostForms() {
		h.row(r.Word, r.Meaning)
	}
}

// flags shows the flags under their headings.
func (h *text) flags(specs []request.FlagSpec) {
	for _, g := range request.Groups() {
		title := GroupTitle(g)
		for _, s := range specs {
			if s.Group != g {
				continue
			}
			if title != "" {
				h.heading(title)
				title = ""
			}
			h.row(written(s), s.Help)
		}
	}
}

// GroupTitle is the heading of a group of flags: those of nixhop's own begin in lower case.
func GroupTitle(g request.Group) string {
	switch name := string(g); {
	case g == request.GroupOwn:
		return "Flags of nixhop"
	case name == strings.ToLower(name):
		return "Flags of nixhop, " + name
	default:
		return "Flags of nixos-rebuild: " + name
	}
}

// written is how the help writes the flag: "-j, --max-jobs N".
func written(s request.FlagSpec) string {
	if s.Short == "" {
		return "    " + Written(s)
	}
	return Written(s)
}

// Written is the flag in all its spellings, with the names of its values.
func Written(s request.FlagSpec) string {
	words := strings.Join(s.Spellings(), ", ")
	values := strings.Join(s.Values, " ")
	switch {
	case s.Attached:
		return words + "[=" + values + "]"
	case s.Optional:
		values = "[" + values + "]"
	}
	return strings.TrimRight(words+" "+values, " ")
}

func (h *text) exitStatuses() {
	h.heading("Exit status")
	for _, s := range request.ExitStatuses() {
		h.row(s.Code, s.Meaning)
	}
	h.row("other", "what nixos-rebuild ended with")
}
