package request

import (
	"slices"
	"strings"

	"nixhop/rebuild/report"
)

// The help is at most helpWidth columns wide; what a word means begins in column helpColumn.
const (
	helpWidth  = 80
	helpColumn = 32
)

// ProgramHelp is the whole help of nixhop: every action, every form of HOST, every flag, every exit status.
func ProgramHelp() string {
	var h help
	h.text("nixhop is a nixos-rebuild that knows your ssh hosts.")
	h.heading("Usage")
	h.text("  nixhop ACTION [HOST...] [flags] [-- words for nixos-rebuild]\n" +
		"  nixhop ACTION --help")
	h.heading("Examples")
	h.row("nixhop switch web", "deploy to the host that ssh calls web")
	h.row("nixhop switch web --plan", "show the commands for that")
	h.row("nixhop check web", "check whether that can work")
	h.row("nixhop switch", "this machine: the same as nixos-rebuild switch")
	h.heading("Actions of nixos-rebuild")
	h.actions(rebuildActions())
	h.heading("Actions of nixhop")
	h.actions(ownActions())
	h.hosts()
	h.flags(Flags())
	h.exitStatuses()
	return h.String()
}

// ActionHelp is the help of one action: how it is written, the flags that it takes, the exit statuses.
func ActionHelp(a Action) string {
	var h help
	h.text("nixhop " + a.Name + ": " + a.Short)
	h.heading("Usage")
	h.text("  " + strings.TrimSpace("nixhop "+a.Name+" "+a.Usage))
	if a.Also != "" {
		h.text("  " + strings.TrimSpace("nixhop "+a.Also+" "+a.Usage))
	}
	if a.Long != "" {
		h.text("\n" + a.Long)
	}
	if a.Hosts != PlainWords {
		h.hosts()
	}
	h.flags(slices.DeleteFunc(Flags(), func(s FlagSpec) bool { return !a.takes(s) }))
	h.exitStatuses()
	return h.String()
}

// takes reports whether the action's help shows a flag.
func (a Action) takes(s FlagSpec) bool {
	if a.Flags != nil {
		return slices.Contains(a.Flags, s.Name)
	}
	return !slices.Contains(a.Refuses, s.Canonical())
}

type help struct{ strings.Builder }

func (h *help) text(s string) { h.WriteString(s + "\n") }

func (h *help) heading(s string) { h.text("\n" + s + ":") }

// row puts a word into the left column and what it means into the right one, wrapped.
func (h *help) row(word, meaning string) {
	left := "  " + word
	if len(left) >= helpColumn {
		h.text(left)
		left = ""
	}
	for _, line := range report.Wrap(meaning, helpWidth-helpColumn) {
		h.text(left + strings.Repeat(" ", helpColumn-len(left)) + line)
		left = ""
	}
}

func (h *help) actions(actions []Action) {
	for _, a := range actions {
		name := a.Name
		if a.Also != "" {
			name += ", " + a.Also
		}
		h.row(name, a.Short)
	}
}

func (h *help) hosts() {
	h.heading("HOST")
	h.row("web, admin@web", "an alias of the ssh config, as ssh takes it")
	h.row("web=CONFIGURATION", "where the configuration has another name")
	h.row("'web*', 'web[1-3]', 'web?'", "the aliases that match and have a configuration")
	h.row("@TAG", "the aliases that have this tag")
	h.row("-", "HOST words on standard input, one a line")
	h.row("root@192.0.2.1, root@[2001:db8::1], ssh://root@web:2222", "an address")
}

// flags shows the flags under their headings.
func (h *help) flags(specs []FlagSpec) {
	for _, g := range Groups() {
		title := "Flags of nixos-rebuild: " + string(g)
		switch g {
		case GroupOwn:
			title = "Flags of nixhop"
		case GroupHosts:
			title = "Flags of nixhop, which hosts"
		case GroupMany:
			title = "Flags of nixhop, many hosts"
		case GroupPlatform:
			title = "Flags of nixhop, for another platform"
		}
		for _, s := range specs {
			if s.Group != g {
				continue
			}
			if title != "" {
				h.heading(title)
				title = ""
			}
			h.row(s.left(), s.Help)
		}
	}
}

// left is how the help writes the flag: "-j, --max-jobs N".
func (s FlagSpec) left() string {
	words := strings.Join(s.Spellings(), ", ")
	if s.Short == "" {
		words = "    " + words
	}
	values := strings.Join(s.Values, " ")
	switch {
	case s.Attached:
		return words + "[=" + values + "]"
	case s.Optional:
		values = "[" + values + "]"
	}
	return strings.TrimRight(words+" "+values, " ")
}

func (h *help) exitStatuses() {
	h.heading("Exit status")
	for _, s := range ExitStatuses() {
		h.row(s.Code, s.Meaning)
	}
	h.row("other", "what nixos-rebuild ended with")
}
