package help

import (
	"slices"
	"strings"

	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/view"
)

// Part is a piece of a text: one of a paragraph, rows of words with what they mean, or lines that stay as they are.
type Part struct {
	Text  string
	Rows  []Row
	Lines []string
}

// Row is a word and what it means.
type Row struct{ Word, Meaning string }

// TopicParts is what there is to say about a topic of request.Topics, by its name; none where there is no such topic.
func TopicParts(name string) []Part {
	switch name {
	case "hosts":
		return aboutHosts()
	case "hints":
		return aboutHints()
	case "exit-status":
		return aboutExitStatus()
	case "json":
		return aboutJSON()
	case "environment":
		return aboutEnvironment()
	case "safety":
		return aboutSafety()
	}
	return nil
}

// Topic is the help of a topic.
func Topic(t request.Topic) string {
	var h text
	h.line("nixhop help " + t.Name + ": " + t.Short)
	h.parts(TopicParts(t.Name))
	if _, also := request.FindAction(t.Name); also {
		h.line("\nThe action of this name: nixhop " + t.Name + " --help")
	}
	return h.String()
}

// Plain is a whole text of titled parts, for a terminal without a pager for manuals.
func Plain(title string, parts []Part) string {
	var h text
	h.line(title + ":")
	h.parts(parts)
	return h.String()
}

func (h *text) parts(parts []Part) {
	for _, p := range parts {
		h.line("")
		for _, line := range report.Wrap(p.Text, width) {
			h.line(line)
		}
		for _, r := range p.Rows {
			h.row(r.Word, r.Meaning)
		}
		for _, line := range p.Lines {
			h.line(strings.TrimRight("    "+line, " "))
		}
	}
}

// HostForms are the ways to write HOST words.
func HostForms() []Row {
	return []Row{
		{"web, admin@web", "an alias of the ssh config, as ssh takes it: ProxyJump, Port, keys and HostKeyAlias count"},
		{"web=CONFIGURATION", "where the configuration has another name"},
		{"'web*', 'web?', 'web[1-3]'", "the aliases that match and have a configuration; matching ones that have none are named, and left out"},
		{"@TAG", "the aliases that have this tag"},
		{"-", "HOST words on standard input, one a line"},
		{"root@192.0.2.1, root@[2001:db8::1]", "an address"},
		{"web:2222, ssh://root@web:2222", "another port"},
	}
}

func aboutHosts() []Part {
	return []Part{
		{Rows: HostForms()},
		{Text: "The words add up, and each host counts once. --except HOST leaves out, --all takes every alias that has a configuration, --partition I/N " +
			"one share of N. A word that matches nothing ends the run with status 2, before any host is contacted."},
		{Text: "Which configuration: the one behind =, else the name in --flake x#name, else the hint in the ssh config, else the alias if the flake has it, " +
			"else the host's own name; else an error that lists what there is."},
		{Text: "Which flake: --flake, else the one here or in a directory above (which one is said), else /etc/nixos/flake.nix."},
		{Text: "switch, boot and test ask before they change several hosts that a glob, a tag or --all has chosen; --yes answers."},
		{Lines: []string{"nixhop hosts                    # what there is", "nixhop check 'web*' @edge db=database --except web3"}},
	}
}

func aboutHints() []Part {
	return []Part{
		{Text: "A comment inside a Host block of the ssh config, which ssh ignores:"},
		{Lines: []string{
			"Host aquamarine", "  HostName 192.0.2.1",
			"  # nixhop: configuration=my-nixos build-host=target tags=arm,home",
		}},
		{Rows: []Row{
			{"configuration=NAME", "the configuration of the flake that is for this host"},
			{"build-host=WHERE", "as --build-host"},
			{"cross=BUILD-SYSTEM", "as --cross, for good"},
			{"tags=TAG,TAG", "what @TAG chooses it by; OpenSSH's own Tag keyword counts, too"},
			{"allow=FINDING,FINDING", "findings that are let through, as by --allow, for good"},
		}},
		{Text: "Flags go before hints. As ssh takes the first value of each keyword, the first block with a hint decides; tags and allowances add up."},
	}
}

func aboutExitStatus() []Part {
	var rows []Row
	for _, s := range request.ExitStatuses() {
		rows = append(rows, Row{s.Code, s.Meaning})
	}
	return []Part{
		{Rows: append(rows, Row{"other", "what nixos-rebuild ended with"})},
		{Text: "A number of this table that is nixhop's own is never taken from a host, or from a program that hands its status on: it becomes 1."},
	}
}

func aboutJSON() []Part {
	var rows []Row
	for _, k := range view.Kinds() {
		fields := strings.Join(k.Fields, ", ")
		if len(k.Sometimes) > 0 {
			fields += "; sometimes " + strings.Join(k.Sometimes, ", ")
		}
		rows = append(rows, Row{k.Name, k.Meaning + " (" + fields + ")"})
	}
	return []Part{
		{Text: "With --json a deployment prints its events on standard output, one JSON object a line, and nothing else there. Each has v (1), time and kind. " +
			"There may come to be more fields and more kinds; where one changes its meaning, or goes, v is another number."},
		{Rows: rows},
		{Text: "check, hosts and list-generations take --json, too: one object a line for each host."},
		{Lines: []string{`nixhop switch web --json | jq -r 'select(.kind == "ended") | .result'`}},
	}
}

// Variables are the variables of the environment that nixhop looks at.
func Variables() []Row {
	return []Row{
		{"NIXHOP_GUARD", "how long a guard waits for its proof, as by --guard; 0: there is none"},
		{"NIXHOP_SSH_CONFIG", "the ssh config to use, as by --ssh-config"},
		{"NIXHOP_NIXOS_REBUILD", "the nixos-rebuild to run, as by --nixos-rebuild"},
		{"NIXHOP_NOM", "1: nix-output-monitor shows the builds of one host, as by --nom, on a terminal"},
		{"NIX_SSHOPTS", "options of ssh, for every connection; split as a shell does"},
		{"NIX_SUDOOPTS", "options of sudo, for every step that needs root"},
		{"NIXOS_NO_CHECK", "is handed on to the activation, as nixos-rebuild does"},
		{"NO_COLOR", "takes the colours away; so do CLICOLOR=0 and TERM=dumb"},
		{"CI, TERM", "with CI set, or TERM=dumb, nothing is drawn: plain lines"},
		{"XDG_CACHE_HOME", "where what was evaluated is kept (in nixhop; else ~/.cache)"},
		{"XDG_STATE_HOME", "where the output of the last run of many hosts is kept (in nixhop/last; else ~/.local/state)"},
		{"XDG_RUNTIME_DIR", "where the connections of a run are kept as long as it lasts"},
		{"SSH_AUTH_SOCK", "the ssh agent; whether it is there is checked"},
		{"PATH, HOME", "as everywhere; nixos-rebuild, nix and ssh are looked up in PATH"},
		{"SUDO_USER, SUDO_UID", "who has called sudo, under which nixhop runs: a flake of theirs is no stranger's"},
		{"TMUX, XTERM_VERSION", "tell how the terminal takes a change of its size"},
		{"TERM_PROGRAM, KONSOLE_VERSION", "tell, with TERM, which notification the terminal takes (--notify)"},
	}
}

func aboutEnvironment() []Part {
	return []Part{
		{Rows: Variables()},
		{Text: "There is no configuration file: the ssh config is the inventory, the flake is the configuration. What an alias needs each time stands in " +
			"a hint (nixhop help hints)."},
	}
}

func aboutSafety() []Part {
	var never []string
	for _, s := range report.Specs() {
		if !s.Skippable && slices.Contains(s.Severities, report.Error) {
			never = append(never, s.Name)
		}
	}
	return []Part{
		{Text: "Nothing is built until every check of every host has passed, and nothing is activated until everything is built. A run that stops says what " +
			"was changed and what was not."},
		{Text: "--plan prints the commands of a run, and contacts no host; --plan --check looks at the hosts first, and prints to the letter what would run. " +
			"nixhop check only checks."},
		{Text: "--no-check leaves out the checks that a deployment can do without, --allow FINDING one of them. These errors are never let through: " + strings.Join(never, ", ") + "."},
		{Text: "Host keys: a changed key is always an error. A new one is asked about by ssh, on the terminal; --accept-new takes it, and where nobody can be " +
			"asked it is an error. Each further connection of a run must reach the machine that was checked: its host key and boot id are compared."},
		{Text: "Passwords are read on the terminal, without echo, and go to the standard input of sudo and nowhere else: into no command line, environment, " +
			"log or file. --log-dir and --json hold no commands, since these may name what is secret; --verbose shows them."},
		{Text: "With nixhop's own steps an activation does not depend on the connection: it goes on when the link drops, its end is waited for, and its result is " +
			"told as it is. Two activations on one host never run at a time. Ctrl-C begins nothing new, and lets an activation that has begun come to its end."},
		{Text: "Many hosts: --canary, --batch and --on-failure keep a mistake from all of them at once."},
	}
}
