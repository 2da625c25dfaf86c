package standin

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
)

// realiseAll builds several derivations, whichever of them fail, and tells of it in nix's format internal-json. What a
// builder of the world prints is a line of its log.
func (c *call) realiseAll() int {
	var failed []string
	building := &said{}
	for _, path := range c.args {
		path = c.place.back(path)
		if !strings.HasSuffix(path, ".drv") {
			continue
		}
		conf, err := c.place.readDerivation(path)
		if err != nil {
			return c.fail("%v", err)
		}
		if _, err := os.Stat(c.place.path(conf.toplevel())); err == nil {
			continue
		}
		building.event("msg", 3, "msg", "this derivation will be built:")
		building.event("msg", 3, "msg", "  "+path)
		if conf.Build == "wait" {
			return c.wait(conf)
		}
		building.start(path)
		c.whileBuilding()
		building.line("building " + conf.system())
		if conf.Build == "fail" {
			building.line("no rule to make " + conf.Name)
			building.event("msg", 0, "msg", "\x1b[31;1merror:\x1b[0m builder for '\x1b[35;1m"+path+"\x1b[0m' failed with exit code 1")
			failed = append(failed, "'"+path+"'")
		} else if err := conf.build(c.place); err != nil {
			return c.fail("%v", err)
		}
		building.stop()
	}
	if failed == nil {
		return 0
	}
	slices.Sort(failed)
	building.event("msg", 0, "msg", "\x1b[31;1merror:\x1b[0m build of "+strings.Join(failed, ", ")+" failed")
	return 100
}

// said counts the activities of a nix.
type said struct{ id uint64 }

func (s *said) event(action string, level int, more ...any) {
	s.write(append([]any{"action", action, "level", level}, more...)...)
}

func (s *said) start(path string) {
	s.id++
	s.event("start", 3, "id", s.id, "type", 105, "text", "building '"+path+"'", "fields", []any{path, "", 1, 1})
}

func (s *said) line(text string) {
	s.write("action", "result", "id", s.id, "type", 101, "fields", []string{text})
}

func (s *said) stop() { s.write("action", "stop", "id", s.id) }

// write writes pairs of a name and a value.
func (s *said) write(pairs ...any) {
	all := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		all[pairs[i].(string)] = pairs[i+1]
	}
	text, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	fmt.Fprintf(os.Stderr, "@nix %s\n", text)
}
