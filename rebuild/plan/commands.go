package plan

import (
	_ "embed"
	"strconv"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/facts"
)

//go:embed commands.sh
var commandsScript string

// inQuotes takes from a text what double quotes leave to it in a shell.
var inQuotes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`")

// permittedScript is what goes to the standard input of /bin/sh on the target, which is the login's: assignments, the
// commands as functions, which take more words for sudo, then commands.sh.
func permittedScript(c decision.Commands, a activation, elevate []string) string {
	function := func(name string, form []string) string {
		words := []string{name + "()", "{"}
		for _, w := range elevate {
			words = append(words, nixexec.Quote(w))
		}
		words = append(words, `"$@"`)
		for _, w := range form {
			word := nixexec.Quote(w)
			if strings.Contains(w, decision.ToplevelWord) {
				word = `"` + strings.ReplaceAll(inQuotes.Replace(w), decision.ToplevelWord, "$toplevel") + `"`
			}
			words = append(words, word)
		}
		return strings.Join(words, " ") + "; }\n"
	}
	functions := function("activate", c.Switch)
	if len(c.Profile) > 0 {
		functions += function("set_profile", c.Profile)
	}
	return nixexec.Assignments(
		[2]string{"unit", facts.ActivationUnit},
		[2]string{"patience", strconv.Itoa(int(activationPatience.Seconds()))},
		[2]string{"run", a.Run},
		[2]string{"action", a.Action},
		[2]string{"profile", a.Profile},
		[2]string{"rollback", word(a.Back(), "yes")},
		[2]string{"specialisation", a.Specialisation},
		nixexec.HostPrograms(),
	) + functions + commandsScript
}
