package view

import (
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"nixhop/nixexec"
)

// NoticedAfter is how long a run takes at least whose end is worth a notification: whoever waits for less looks on.
const NoticedAfter = 10 * time.Second

// Ended is what has ended, of what somebody wants to be told who does something else meanwhile.
type Ended struct {
	What string        // "switch web"
	How  string        // "done"
	Took time.Duration // since the run began
}

// noticeColumns is how much of what has ended is told, in columns.
const noticeColumns = 60

// with777 are terminals that show a notification by OSC 777, by what their environment calls them: rxvt-unicode,
// whose own it is, foot, Ghostty, WezTerm and Konsole.
var with777 = []string{"rxvt", "foot", "ghostty", "wezterm", "konsole"}

// Notice is what tells a terminal of an end: its title, and a notification, by OSC 777 where the environment names a
// terminal that is known to have that, else by OSC 9, which most others know, and those that do not drop (xterm's
// ctlseqs). tmux hands it on where allow-passthrough is on.
func Notice(e Ended, env func(string) string) string {
	what := "nixhop: " + cut(nixexec.PlainText(e.What), noticeColumns)
	how := nixexec.PlainText(e.How) + " (" + took(e.Took) + ")"
	names := strings.ToLower(env("TERM") + " " + env("TERM_PROGRAM"))
	if env("KONSOLE_VERSION") != "" {
		names += " konsole"
	}
	notification := "\x1b]9;" + what + ": " + how + "\a"
	for _, name := range with777 {
		if strings.Contains(names, name) {
			// A semicolon ends the title.
			notification = "\x1b]777;notify;" + strings.ReplaceAll(what, ";", ",") + ";" + how + "\a"
		}
	}
	if env("TMUX") != "" {
		notification = ansi.TmuxPassthrough(notification)
	}
	return ansi.SetWindowTitle(what+": "+how) + notification
}
