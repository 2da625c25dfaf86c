package nixlog

import (
	"encoding/json"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// mark begins a line of nix in its format internal-json.
const mark = "@nix "

// Numbers of that format (nix: src/libutil/logging.hh).
const (
	Builds    = 105 // the type of an activity: a derivation is built
	builtLine = 101 // the type of a result of it: a line of its log
	hookLine  = 107 // a line of what runs behind it
	AsError   = 0   // a level
	AsInfo    = 3   // what nix says without being asked for more
)

// Event is one line.
type Event struct {
	Action string            `json:"action"` // "start", "stop", "result", "msg"
	ID     uint64            `json:"id"`     // of the activity
	Level  int               `json:"level"`
	Type   int               `json:"type"`
	Text   string            `json:"text"`
	Msg    string            `json:"msg"`
	Fields []json.RawMessage `json:"fields"`
}

// Read reads a line; false: it is none of the format, but what a program behind nix has printed.
func Read(line string) (e Event, ok bool) {
	text, ok := strings.CutPrefix(line, mark)
	return e, ok && json.Unmarshal([]byte(text), &e) == nil
}

// Field is the first field of an event, which is a text.
func (e Event) Field() string {
	text := ""
	if len(e.Fields) > 0 {
		_ = json.Unmarshal(e.Fields[0], &text) // another one is none of those that are asked for
	}
	return text
}

// Logs reports whether the event is a line of a build's log, or of what runs behind that.
func (e Event) Logs() bool {
	return e.Action == "result" && (e.Type == builtLine || e.Type == hookLine)
}

// Says is what nix says with an event to whoever does not ask for more, as a line without its end and without
// colours, which the format has in any case; empty: nothing.
func (e Event) Says() string {
	switch {
	case e.Logs():
		return message(e.Field())
	case e.Action == "msg" && e.Level <= AsInfo:
		return e.Message()
	case e.Action == "start" && e.Level <= AsInfo && e.Text != "":
		return message(e.Text) + "..."
	default:
		return ""
	}
}

// Message is a sentence of nix, whoever wants to know it.
func (e Event) Message() string { return message(e.Msg) }

func message(text string) string { return strings.TrimRight(ansi.Strip(text), "\n") }
