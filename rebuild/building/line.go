package building

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// mark begins a line of nix in its format internal-json.
const mark = "@nix "

// Numbers of that format (nix: src/libutil/logging.hh).
const (
	builds    = 105 // an activity: a derivation is built
	builtLine = 101 // a result of it: a line of its log
	hookLine  = 107 // a line of what runs behind it
	asError   = 0   // a level
	asInfo    = 3   // what nix says without being asked for more
)

// event is one line.
type event struct {
	Action string            `json:"action"` // "start", "stop", "result", "msg"
	ID     uint64            `json:"id"`     // of the activity
	Level  int               `json:"level"`
	Type   int               `json:"type"`
	Text   string            `json:"text"`
	Msg    string            `json:"msg"`
	Fields []json.RawMessage `json:"fields"`
}

// read reads a line; false: it is none of the format.
func read(line string) (e event, ok bool) {
	text, ok := strings.CutPrefix(line, mark)
	return e, ok && json.Unmarshal([]byte(text), &e) == nil
}

// field is the first field of an event, which is a text.
func (e event) field() string {
	text := ""
	if len(e.Fields) > 0 {
		_ = json.Unmarshal(e.Fields[0], &text) // another one is none of those that are asked for
	}
	return text
}

// derivation finds derivations in a text.
var derivation = regexp.MustCompile(`/nix/store/[0-9a-z]{32}-[0-9a-zA-Z+._?=-]+\.drv`)

// listed finds one in the list of those that will be built.
var listed = regexp.MustCompile(`^  (/nix/store/[0-9a-z]{32}-[0-9a-zA-Z+._?=-]+\.drv)$`)

// message is a text without colours, which the format has in any case.
func message(text string) string { return strings.TrimRight(ansi.Strip(text), "\n") }
