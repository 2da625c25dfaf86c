package selection

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// inventoryOf is an ssh config.
func inventoryOf(t *testing.T, config string) sshcfg.Inventory {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ssh_config")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return sshcfg.List([]string{path})
}

// in short: what goes where, with * behind what the ssh config names, and the hint.
func inShort(targets []source.Target) string {
	var all []string
	for _, target := range targets {
		text := target.Selector.Word + ">" + target.Host.String()
		if target.Host.Port != 0 {
			text += fmt.Sprint(":", target.Host.Port)
		}
		if target.Listed {
			text += "*"
		}
		if c := target.Selector.Configuration; c != "" {
			text += " for " + c
		}
		if hint := target.Hints.Configuration; hint != "" {
			text += " hint " + hint
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

func TestSelect(t *testing.T) {
	inv := inventoryOf(t, `Host web1 web2
  # nixhop: tags=web
Host db
  # nixhop: configuration=backup tags=storage,web
Host *.lab
  User root
`)
	for _, c := range []struct{ words, want, err string }{
		{"", "", ""},
		{"web1", "web1>web1*", ""},
		{"deploy@db", "deploy@db>deploy@db* hint backup", ""},
		{"db=other", "db=other>db* for other hint backup", ""},
		{"a.lab", "a.lab>a.lab*", ""},
		{"root@192.0.2.7", "root@192.0.2.7>root@192.0.2.7", ""},
		{"ssh://root@new:222", "ssh://root@new:222>root@new:222", ""},
		{"web* db", "web1>web1*, web2>web2*, db>db* hint backup", ""},
		{"@web", "web1>web1*, web2>web2*, db>db* hint backup", ""},
		{"@storage web1", "db>db* hint backup, web1>web1*", ""},
		{"web1 @web web1", "web1>web1*, web2>web2*, db>db* hint backup", ""},
		{"web1 deploy@web1", "web1>web1*, deploy@web1>deploy@web1*", ""},
		{"root@web[12] --except web2", "root@web1>root@web1*", ""},
		{"web1=a web1=a", "web1=a>web1* for a", ""},
		{"web1=a web1=b", "", `"web1=a" and "web1=b" are one host with two configurations`},
		{"web1=a @web", "", `"web1=a" and "web1" are one host with two configurations`},
		{"@wbe", "", "no alias matches \"@wbe\"\ndid you mean @web?"},
		{"@nothing", "", "no alias matches \"@nothing\"\nsee the aliases: nixhop hosts"},
		{"x*", "", `no alias matches "x*"`},
		{"web1 deploy@", "", "the name is empty"},
	} {
		r, err := request.Parse(append([]string{"switch"}, strings.Fields(c.words)...), func(string) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		chosen, err := Select(r, inv, source.Source{}, nil)
		targets := chosen.Targets
		if c.err == "" && (err != nil || inShort(targets) != c.want) {
			t.Errorf("%s: got %s, %v; want %s", c.words, inShort(targets), err, c.want)
		}
		var usage *request.UsageError
		if c.err != "" && (!errors.As(err, &usage) || !strings.Contains(err.Error(), c.err) || targets != nil) {
			t.Errorf("%s: got %s, %v; want %s", c.words, inShort(targets), err, c.err)
		}
	}
}
