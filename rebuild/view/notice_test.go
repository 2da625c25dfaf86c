package view

import (
	"strings"
	"testing"
	"time"
)

// The end of a run is told by a title, and by the notification that the terminal is known to have; what a name has in
// it ends neither.
func TestNotice(t *testing.T) {
	const long = "switch web\x1b]0;x\a;"
	for _, c := range []struct{ what, environment, want string }{
		{"switch web", "TERM=xterm-256color", "\x1b]2;nixhop: switch web: done (1m05s)\a\x1b]9;nixhop: switch web: done (1m05s)\a"},
		{"switch web", "TERM=foot", "\x1b]2;nixhop: switch web: done (1m05s)\a\x1b]777;notify;nixhop: switch web;done (1m05s)\a"},
		{"switch web", "TERM=xterm-256color TERM_PROGRAM=WezTerm", "\x1b]2;nixhop: switch web: done (1m05s)\a\x1b]777;notify;nixhop: switch web;done (1m05s)\a"},
		{"switch web", "TERM=tmux-256color TMUX=/tmp/x", "\x1b]2;nixhop: switch web: done (1m05s)\a\x1bPtmux;\x1b\x1b]9;nixhop: switch web: done (1m05s)\a\x1b\\"},
		{long, "TERM=rxvt-unicode", "\x1b]2;nixhop: switch web�]0;x�;: done (1m05s)\a\x1b]777;notify;nixhop: switch web�]0,x�,;done (1m05s)\a"},
	} {
		env := func(name string) string {
			for _, word := range strings.Fields(c.environment) {
				if value, is := strings.CutPrefix(word, name+"="); is {
					return value
				}
			}
			return ""
		}
		if got := Notice(Ended{What: c.what, How: "done", Took: 65 * time.Second}, env); got != c.want {
			t.Errorf("%s: got %q, want %q", c.environment, got, c.want)
		}
	}
}
