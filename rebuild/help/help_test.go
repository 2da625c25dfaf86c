package help

import (
	"strings"
	"testing"
	"unicode/utf8"

	"nixhop/rebuild/request"
)

// Every help fits 80 columns, holds no template, and ends with every exit status.
func TestHelpForm(t *testing.T) {
	texts := map[string]string{"": Program()}
	for _, a := range request.Actions() {
		texts[a.Name] = Action(a)
	}
	for _, topic := range request.Topics() {
		texts["topic "+topic.Name] = Topic(topic)
	}
	for name, text := range texts {
		for line := range strings.Lines(text) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > width {
				t.Errorf("%q: %d columns: %s", name, n, line)
			}
			if strings.TrimRight(line, " \n") != strings.TrimRight(line, "\n") || strings.Contains(line, "\t") {
				t.Errorf("%q: white space at the end or a tab: %q", name, line)
			}
		}
		if strings.Contains(text, "{{") {
			t.Errorf("%q: the help is given to text/template", name)
		}
		if strings.HasPrefix(name, "topic ") {
			continue
		}
		end := text[strings.Index(text, "Exit status:"):]
		for _, s := range request.ExitStatuses() {
			if !strings.Contains(end, "  "+s.Code+" ") || !strings.Contains(end, s.Meaning) {
				t.Errorf("%q: exit status %s is missing", name, s.Code)
			}
		}
	}
}

// The help leaves nothing out: the program's names every action, every topic and every flag, an action's every flag
// that it takes.
func TestHelpComplete(t *testing.T) {
	all := Program()
	for _, a := range request.Actions() {
		if !strings.Contains(all, "  "+a.Name) || !strings.Contains(all, a.Short) {
			t.Errorf("the action %s is missing", a.Name)
		}
	}
	for _, topic := range request.Topics() {
		if !strings.Contains(all, "\n  "+topic.Name+" ") {
			t.Errorf("the topic %s is missing", topic.Name)
		}
	}
	for _, s := range request.Flags() {
		if !strings.Contains(all, written(s)) {
			t.Errorf("the flag %s is missing", s.Name)
		}
		for _, a := range request.Actions() {
			if shown := strings.Contains(Action(a), written(s)+" ") || strings.Contains(Action(a), written(s)+"\n"); shown != takes(a, s) {
				t.Errorf("%s: %s shown is %v", a.Name, s.Name, shown)
			}
		}
	}
}

// A HOST does not always mean a deployment: the help of those actions says so.
func TestHelpHostsSelect(t *testing.T) {
	for _, a := range request.Actions() {
		const says = "only says which configuration is meant"
		if strings.Contains(Action(a), says) != (a.Hosts == request.HostsSelect) {
			t.Errorf("%s: says %q wrongly", a.Name, says)
		}
	}
}
