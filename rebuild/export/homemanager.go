package export

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"nixhop/nixexec"
	"nixhop/sshcfg"
)

// option is an option of home-manager's programs.ssh.matchBlocks (modules/programs/ssh.nix as of 2026-08). An old
// release writes no line for some values, which then stand in extraOptions.
type option struct {
	name string
	make func(l sshcfg.Line) (nix string, ok bool)
}

// homeOptions are the options by their keyword in an ssh config.
var homeOptions = map[string]option{
	"hostname":            {"hostname", oneText},
	"user":                {"user", oneText},
	"port":                {"port", number},
	"proxyjump":           {"proxyJump", oneText},
	"proxycommand":        {"proxyCommand", oneText},
	"identityfile":        {"identityFile", listed},
	"certificatefile":     {"certificateFile", listed},
	"identitiesonly":      {"identitiesOnly", only("true")},
	"forwardagent":        {"forwardAgent", yesOrNo},
	"forwardx11":          {"forwardX11", only("true")},
	"forwardx11trusted":   {"forwardX11Trusted", only("true")},
	"compression":         {"compression", yesOrNo},
	"checkhostip":         {"checkHostIP", only("false")},
	"addressfamily":       {"addressFamily", among("any", "inet", "inet6")},
	"serveraliveinterval": {"serverAliveInterval", number},
	"serveralivecountmax": {"serverAliveCountMax", number},
	"sendenv":             {"sendEnv", listed},
	"addkeystoagent":      {"addKeysToAgent", oneText},
	"hashknownhosts":      {"hashKnownHosts", yesOrNo},
	"userknownhostsfile":  {"userKnownHostsFile", oneText},
	"controlmaster":       {"controlMaster", among("yes", "no", "ask", "auto", "autoask")},
	"controlpath":         {"controlPath", oneText},
	"controlpersist":      {"controlPersist", oneText},
}

func oneText(l sshcfg.Line) (string, bool) { return nixexec.NixString(value(l)), true }

func listed(l sshcfg.Line) (string, bool) { return nixStrings(quoted(l.Words)), true }

// number takes what is neither 0, which an old home-manager does not write, nor larger than a port.
func number(l sshcfg.Line) (string, bool) {
	n, err := strconv.ParseUint(value(l), 10, 16)
	return strconv.FormatUint(n, 10), err == nil && n > 0
}

func yesOrNo(l sshcfg.Line) (string, bool) {
	said := map[string]string{"yes": "true", "true": "true", "no": "false", "false": "false"}[strings.ToLower(value(l))]
	return said, said != ""
}

// only takes the one of true and false that home-manager has a line for.
func only(wanted string) func(sshcfg.Line) (string, bool) {
	return func(l sshcfg.Line) (string, bool) {
		said, _ := yesOrNo(l)
		return said, said == wanted
	}
}

func among(choices ...string) func(sshcfg.Line) (string, bool) {
	return func(l sshcfg.Line) (string, bool) {
		return nixexec.NixString(value(l)), slices.Contains(choices, value(l))
	}
}

// commands are the keywords whose value is the rest of the line as it is, with its quotes and its # (readconf.c).
var commands = []string{"proxycommand", "localcommand", "remotecommand", "knownhostscommand"}

// value is what a line sets, without its comment, as it can stand behind the keyword again.
func value(l sshcfg.Line) string {
	if slices.Contains(commands, l.Keyword) {
		return l.Rest
	}
	return sshcfg.Words(l.Words)
}

// quoted are words, each as it can stand behind a keyword.
func quoted(list []string) []string {
	var all []string
	for _, word := range list {
		all = append(all, sshcfg.Words([]string{word}))
	}
	return all
}

// homeBlock is one of the matchBlocks.
type homeBlock struct {
	name    string // of the attribute
	keyword string // "Host" or "Match"
	header  string
	lines   map[string][]sshcfg.Line // by slot
}

// slotOf is the keyword under which a line's setting is kept: two of one slot are settled by which stands first.
func slotOf(keyword string) string {
	return cmp.Or(map[string]string{
		"proxycommand": "proxyjump", "pubkeyacceptedkeytypes": "pubkeyacceptedalgorithms", "hostbasedkeytypes": "hostbasedacceptedalgorithms",
		"challengeresponseauthentication": "kbdinteractiveauthentication", "skeyauthentication": "kbdinteractiveauthentication",
		"tisauthentication": "kbdinteractiveauthentication", "dsaauthentication": "pubkeyauthentication",
	}[keyword], keyword)
}

// adds reports whether a block can have several lines of a keyword as one list.
func adds(keyword string) bool {
	return slices.Contains([]string{"identityfile", "certificatefile", "sendenv"}, keyword)
}

// homeBlocks are the blocks of a config as matchBlocks, in which the order of the lines counts for nothing: where it
// does, there are several of one header.
func homeBlocks(f Flat) []homeBlock {
	var all []homeBlock
	taken := map[string]bool{}
	for _, b := range f.Blocks {
		hints := hintsOf(b)
		if hints == "" && !b.counts() && !slices.ContainsFunc(b.Lines, func(l sshcfg.Line) bool { return l.Keyword != "" }) {
			continue
		}
		if b.Keyword == "" {
			b.Header, b.Names = "*", []string{"*"}
		}
		b.Keyword = cmp.Or(b.Keyword, "Host")
		begin := func(hint string) *homeBlock {
			header := strings.TrimSpace(b.Header + " " + hint)
			all = append(all, homeBlock{unused(blockName(b), taken), b.Keyword, header, map[string][]sshcfg.Line{}})
			return &all[len(all)-1]
		}
		current := begin(hints)
		for _, l := range b.Lines {
			slot := slotOf(l.Keyword)
			before := current.lines[slot]
			switch {
			case l.Keyword == "":
				continue
			case len(before) > 0 && (!adds(l.Keyword)), len(current.lines) > 0 && l.Keyword == "ignoreunknown", len(current.lines["ignoreunknown"]) > 0:
				current = begin("")
			}
			current.lines[slot] = append(current.lines[slot], l)
		}
	}
	return all
}

// blockName is what the attribute of a block is called after: the first that its Host line names.
func blockName(b Block) string {
	if b.Keyword == "Match" || len(b.Names) == 0 {
		return "match"
	}
	// An attribute "*" is written last by home-manager, wherever it is to stand.
	return cmp.Or(strings.Trim(b.Names[0], "!*?."), "every-host")
}

// unused is a name that is not taken yet, and is now.
func unused(name string, taken map[string]bool) string {
	free := name
	for n := 2; taken[free]; n++ {
		free = name + "-" + strconv.Itoa(n)
	}
	taken[free] = true
	return free
}

// hintsOf are all hints of a Host block as one comment, with its #; of a keyword that counts once the first.
func hintsOf(b Block) string {
	if b.Keyword != "Host" {
		return ""
	}
	var said []string
	take := func(comment string) {
		for _, word := range strings.Fields(comment) {
			key, _, _ := strings.Cut(word, "=")
			once := slices.Contains([]string{"configuration", "build-host", "cross"}, key)
			if !once || !slices.ContainsFunc(said, func(s string) bool { return strings.HasPrefix(s, key+"=") }) {
				said = append(said, word)
			}
		}
	}
	for _, l := range append([]sshcfg.Line{{Comment: strings.TrimPrefix(b.Comment, "#")}}, b.Lines...) {
		if l.IsHint() {
			_, hints, _ := strings.Cut(l.Comment, ":")
			take(hints)
		}
	}
	if len(said) == 0 {
		return ""
	}
	return "# nixhop: " + strings.Join(said, " ")
}

// HomeManager is a module of home-manager with the config. It has no place for host keys. Each block stands behind the
// one before it, as ssh takes the first value that it finds.
func HomeManager(f Flat) string {
	var b strings.Builder
	b.WriteString("# Made by nixhop export --home-manager.\n{ lib, ... }:\n{\n  programs.ssh = {\n    enable = true;\n" +
		"    enableDefaultConfig = false; # of which nothing stands in the ssh config\n")
	before := ""
	for i, block := range homeBlocks(f) {
		if i == 0 {
			b.WriteString("    matchBlocks = {\n")
		}
		b.WriteString("      " + nixexec.NixString(block.name) + " = ")
		if before != "" {
			b.WriteString("lib.hm.dag.entryAfter [ " + nixexec.NixString(before) + " ] ")
		}
		b.WriteString("{\n        " + strings.ToLower(block.keyword) + " = " + nixexec.NixString(block.header) + ";\n")
		block.write(&b)
		b.WriteString("      };\n")
		before = block.name
	}
	if before != "" {
		b.WriteString("    };\n")
	}
	return b.String() + "  };\n}\n"
}

// write writes the settings of a block, those without an option of their own last.
func (h homeBlock) write(b *strings.Builder) {
	var extra []string
	for _, slot := range slices.Sorted(maps.Keys(h.lines)) {
		lines := h.lines[slot]
		o := homeOptions[lines[0].Keyword]
		var made []string
		for _, l := range lines {
			if o.make != nil {
				if nix, ok := o.make(l); ok {
					made = append(made, nix)
				}
			}
		}
		switch {
		case len(made) < len(lines):
			extra = append(extra, "          "+nixexec.NixString(spelling(lines[0]))+" = "+nixexec.NixString(value(lines[0]))+";\n")
		case adds(lines[0].Keyword):
			b.WriteString("        " + o.name + " = [ " + strings.Join(made, " ") + " ];\n")
		default:
			b.WriteString("        " + o.name + " = " + made[0] + ";\n")
		}
	}
	if len(extra) > 0 {
		b.WriteString("        extraOptions = {\n" + strings.Join(extra, "") + "        };\n")
	}
}

// spelling is the keyword of a line as it stands there.
func spelling(l sshcfg.Line) string {
	if len(l.Text) >= len(l.Keyword) && strings.EqualFold(l.Text[:len(l.Keyword)], l.Keyword) {
		return l.Text[:len(l.Keyword)]
	}
	return l.Keyword
}

// homeText is the ssh config that home-manager makes of the module, but for spaces and the order of lines in a block.
func homeText(f Flat) string {
	var b strings.Builder
	for _, block := range homeBlocks(f) {
		b.WriteString(block.keyword + " " + block.header + "\n")
		for _, slot := range slices.Sorted(maps.Keys(block.lines)) {
			for _, l := range block.lines[slot] {
				b.WriteString("  " + spelling(l) + " " + value(l) + "\n")
			}
		}
	}
	return b.String()
}
