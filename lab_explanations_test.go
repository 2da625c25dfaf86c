//go:build lab

package main

import (
	"regexp"
	"strings"
	"testing"
)

// labExplanations: what fails in spite of all checks is explained behind the child's own words, by both engines, with
// what was and was not changed on the host.
func labExplanations(t *testing.T, l *lab) {
	dir := l.committed(t)
	for _, engine := range engines {
		for _, words := range [][]string{
			{"n1=build-fails"},
			{"n1=build-fails", "--build-host", "target"},
			{"n1=unit-fails"},
			{"n1=activation-fails"},
			{"n1=boot-loader-fails"},
			{"n1=inhibited"},
			{"n1=reboot-needed"},
		} {
			args := append([]string{"switch", "--explain"}, words...)
			succeeds(t, l.nixhop(t, dir, nil, "switch", "n1"))
			r := l.nixhop(t, dir, l.bare(withEngine(t, engine)), args...)
			name := "explained by " + engine + ": " + strings.Join(words, " ")
			l.pinned(t, name, args, result{stderr: ownWords(r.stderr), code: r.code})
			l.noMasterLeft(t)
		}
	}
	succeeds(t, l.nixhop(t, dir, nil, "switch", "n1"))
}

// ownLine begins what nixhop itself says; its further lines are indented.
var ownLine = regexp.MustCompile(`^(nixhop: |WARN nixhop: |ERRO nixhop: )`)

// ownWords are the lines of nixhop itself in what it and its children printed, without its notes: those are about the
// host, and what the tests before have made of it.
func ownWords(text string) string {
	var own strings.Builder
	inside := false
	for line := range strings.Lines(text) {
		begins := ownLine.MatchString(line) && !strings.HasPrefix(line, "nixhop: note: ")
		inside = begins || inside && strings.HasPrefix(line, "  ")
		if inside {
			own.WriteString(line)
		}
	}
	return own.String()
}
