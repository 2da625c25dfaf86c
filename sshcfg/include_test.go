package sshcfg

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Since OpenSSH 9.9 an Include has variables and tokens; before, they are letters of a path like any others.
func TestIncludeExpands(t *testing.T) {
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	dir := plainDir(t)
	t.Setenv("NIXHOP_TEST_DIR", dir)
	home, err := filepath.Rel("/", dir)
	if err != nil {
		t.Fatal(err)
	}
	up := strings.Repeat("/..", strings.Count(me.HomeDir, "/"))
	write(t, filepath.Join(dir, me.Username), "Host a\n  User m2\n")
	write(t, filepath.Join(dir, "100%"), "Host a\n  User m2\n")
	write(t, filepath.Join(dir, me.Uid), "Host a\n  User m2\n")
	write(t, filepath.Join(dir, "%u-literal"), "Host a\n  User m2\n")
	for _, test := range []struct{ word, warning string }{
		{"${NIXHOP_TEST_DIR}/%u", ""},
		{"%d" + up + "/" + home + "/%u", ""},
		{dir + "/%i", ""},
		{dir + "/100%%", ""},
		{dir + "/%u-literal", ""}, // what an older ssh takes
		{"${NIXHOP_TEST_UNSET}/a", `${NIXHOP_TEST_UNSET} in "${NIXHOP_TEST_UNSET}/a" is not set`},
		{dir + "/%h", fmt.Sprintf("%q may be another file for each host: the hosts in it are not listed", dir+"/%h")},
		{dir + "/%q", fmt.Sprintf("OpenSSH 9.9 and newer refuse \"%%q\" in %q", dir+"/%q")},
	} {
		config := write(t, filepath.Join(dir, "config"), "Include "+test.word+"\nHost b\n  User m5\n")
		inv := List([]string{config})
		names := strings.Join(inv.Names(), " ")
		if _, err := os.Stat(me.HomeDir); err != nil && strings.HasPrefix(test.word, "%d") {
			continue // the way through a home that is not there
		}
		if test.warning != "" {
			if names != "b" || len(inv.Warnings) != 1 || !strings.Contains(inv.Warnings[0].String(), test.warning) {
				t.Errorf("%s: %s, %v", test.word, names, inv.Warnings)
			}
			continue
		}
		if names != "a b" || len(inv.Warnings) > 0 {
			t.Errorf("%s: %s, %v", test.word, names, inv.Warnings)
		}
		// Each version of ssh reads the file that is listed, or none.
		if got := sshUser(t, config, "a"); got != "m2" && got != me.Username {
			t.Errorf("%s: ssh takes user %q", test.word, got)
		}
	}
}

// A relative Include and ~ start in the home that $HOME names, for ssh as for us, though ~/.ssh/config itself is found
// by the user database.
func TestIncludeHome(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	write(t, filepath.Join(home, ".ssh", "relative"), "Host a\n  User m1\n")
	write(t, filepath.Join(home, ".ssh", "conf.d", "tilde"), "Host b\n  User m2\n")
	config := write(t, filepath.Join(home, "elsewhere"), "Include relative\nInclude ~/.ssh/conf.d/*\n")
	inv := List([]string{config})
	if !slices.Equal(inv.Names(), []string{"a", "b"}) {
		t.Errorf("aliases %q, %v", inv.Names(), inv.Warnings)
	}
	for _, a := range inv.Aliases {
		if got, want := sshUser(t, config, a.Name), marker(t, a.File, a.Line); got != want {
			t.Errorf("%s: ssh takes user %q, want %q", a.Name, got, want)
		}
	}
	if files := Files(""); len(files) != 2 || strings.HasPrefix(files[0], home) || files[1] != "/etc/ssh/ssh_config" {
		t.Errorf("Files: %q", files)
	}
	if got := Files("none"); got != nil {
		t.Errorf("Files(none): %q", got)
	}
	if got := Files("./my config"); !slices.Equal(got, []string{"./my config"}) {
		t.Errorf("Files(explicit): %q", got)
	}
}
