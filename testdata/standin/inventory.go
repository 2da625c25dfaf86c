package standin

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// nodesDir holds the nodes of the world's colmena hive, or of the output that the file "output" names, each as a
// configuration with what it says of its deployment: target, user, port, tags, set, there ("yes": it is built there),
// refused, only ("yes": it is built and no more), profiles (NAME:USER), sshOptions, unguarded and substitutes ("yes"),
// its health checks, as in check.up=COMMAND, and its keys, as in key.token=text=word,user=web.
const nodesDir = "nodes"

// SetNode adds a node to the hive, or changes it, as SetConfiguration does.
func (w World) SetNode(name string, settings ...string) error {
	dir := filepath.Join(w.Dir, nodesDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return setConfiguration(filepath.Join(dir, name), name, settings)
}

// node finds the node whose configuration an expression takes.
var node = regexp.MustCompile(`inventory\.configurations\."([^"]*)"`)

// described finds the names of the nodes that an expression asks about.
var described = regexp.MustCompile(`map inventory\.describe \[(.*) \]`)

// texts finds the node and the keys whose texts an expression asks for.
var texts = regexp.MustCompile(`in inventory\.texts "([^"]*)" \[(.*) \]`)

// inventory is `nix eval` for what an inventory says of its nodes; asked is false where it is not about that.
func (c *call) inventory(words []string) (status int, asked bool) {
	text := strings.Join(words, " ")
	if !strings.Contains(text, "let inventory = ") || node.MatchString(text) {
		return 0, false
	}
	entries, _ := os.ReadDir(filepath.Join(c.place.World.Dir, nodesDir))
	output := "colmena"
	if named, err := os.ReadFile(filepath.Join(c.place.World.Dir, "output")); err == nil {
		output = strings.TrimSpace(string(named))
	}
	hive := slices.ContainsFunc(words, func(w string) bool { return w == "--expr" || strings.HasSuffix(w, "#"+output) })
	if !hive || len(entries) == 0 {
		return c.fail("error: flake 'path:.' does not provide attribute 'colmenaHive'"), true
	}
	if broken, err := os.ReadFile(filepath.Join(c.place.World.Dir, "hive-error")); err == nil {
		return c.fail("%s", evaluationError(strings.TrimSpace(string(broken)))), true
	}
	answer := any(map[string]any{"names": namesOf(entries), "set": []string{}})
	if m := described.FindStringSubmatch(text); m != nil {
		all := []any{}
		for _, name := range strings.Fields(m[1]) {
			all = append(all, c.place.World.describe(strings.Trim(name, `"`)))
		}
		answer = all
	}
	if m := texts.FindStringSubmatch(text); m != nil {
		of := map[string]any{}
		for _, key := range c.place.World.keys(m[1]) {
			if id := key["id"].(string); strings.Contains(m[2], `"`+id+`"`) {
				of[id] = key["text"]
			}
		}
		answer = of
	}
	out, err := json.Marshal(answer)
	if err != nil {
		return c.fail("%v", err), true
	}
	fmt.Println(string(out))
	return 0, true
}

func namesOf(entries []os.DirEntry) []string {
	names := []string{}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// describe is what colmena.nix says of a node.
func (w World) describe(name string) map[string]any {
	said := map[string]any{
		"name": name, "host": name, "user": "root", "port": nil, "tags": []string{}, "buildOnTarget": false, "set": []string{},
	}
	keys := w.keys(name)
	for _, key := range keys {
		delete(key, "text")
	}
	said["keys"] = keys
	text, _ := os.ReadFile(filepath.Join(w.Dir, nodesDir, name))
	checks := []any{}
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if name, is := strings.CutPrefix(key, "check."); is {
			checks = append(checks, map[string]any{"description": name, "cmd": strings.Fields(value), "period": 1, "timeout": 5})
		}
		switch key {
		case "target":
			if said["host"] = value; value == "" {
				said["host"] = nil
			}
		case "user":
			said["user"] = value
		case "port":
			said["port"], _ = strconv.Atoi(value)
		case "tags", "set", "sshOptions":
			said[key] = strings.Fields(value)
		case "profiles":
			said[key] = profilesOf(strings.Fields(value))
		case "refused":
			said[key] = value
		case "only":
			said["buildOnly"] = value == "yes"
		case "unguarded", "substitutes":
			said[key] = value == "yes"
		case "there":
			said["buildOnTarget"] = value == "yes"
		}
	}
	said["health"] = map[string]any{"cmd": checks}
	return said
}

// profilesOf are the profiles that words name: NAME, or NAME:USER.
func profilesOf(words []string) []any {
	all := []any{}
	for _, word := range words {
		name, user, owned := strings.Cut(word, ":")
		profile := map[string]any{"name": name, "user": nil, "path": nil, "restore": true}
		if owned {
			profile["user"] = user
		}
		all = append(all, profile)
	}
	return all
}

// keys are those of a node, with their texts.
func (w World) keys(node string) []map[string]any {
	keys := []map[string]any{}
	text, _ := os.ReadFile(filepath.Join(w.Dir, nodesDir, node))
	for line := range strings.Lines(string(text)) {
		id, is := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "key.")
		id, fields, _ := strings.Cut(id, "=")
		if !is {
			continue
		}
		key := map[string]any{
			"id": id, "name": id, "path": "/run/keys/" + id, "user": "root", "group": "root", "permissions": "0600", "after": false,
			"file": nil, "command": []string{}, "text": nil,
		}
		for field := range strings.SplitSeq(fields, ",") {
			switch name, value, _ := strings.Cut(field, "="); name {
			case "after":
				key["after"] = value == "yes"
			case "command", "action":
				key[name] = strings.Fields(value)
			default:
				key[name] = value
			}
		}
		keys = slices.DeleteFunc(keys, func(k map[string]any) bool { return k["id"] == id })
		keys = append(keys, key)
	}
	return keys
}
