package profiles

import (
	"context"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"testing"

	"nixhop/nixexec"
	"nixhop/rebuild/inventory"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/request"
)

// nixEnv stands in for nix-env -p PROFILE --set PATH.
const nixEnv = "#!/bin/sh\n[ \"$1 $3\" = '-p --set' ] && ln -sfn -- \"$4\" \"$2\"\n"

// tree makes what a profile is set to, with an activation.
func tree(t *testing.T, dir, name, activation, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	if activation != "" {
		if err := os.WriteFile(filepath.Join(path, activation), []byte("#!/bin/sh\n"+text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// What a shell of a host makes of a profile of the login itself: where it lies, what is run and what comes of a
// failure.
func TestProfileScript(t *testing.T) {
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(dir, "log")
	said := "echo \"$0 $PROFILE $BOOT $DRY_ACTIVATE $PWD\" >>" + log + "; echo shown\n"
	good := tree(t, dir, "good", "deploy-rs-activate", said)
	home := tree(t, dir, "home", "activate", said)
	bad := tree(t, dir, "bad", "activate", "exit 7\n")
	neither := tree(t, dir, "neither", "", "")
	bin := tree(t, dir, "bin", "nix-env", strings.TrimPrefix(nixEnv, "#!/bin/sh\n"))
	place := filepath.Join(dir, "new", "profiles", "p")
	for i, c := range []struct {
		name, path, place string
		restore           bool
		line              string
		want, at, logged  string
	}{
		{"p", neither, place, true, "switch web", "exit status 1", "", ""},
		{"p", bad, place, true, "switch web", "exit status 7", bad, ""},
		{"p", good, place, true, "switch web", "profile=set", good, place + "/deploy-rs-activate " + place + " 0 0 " + place},
		{"p", good, place, true, "switch web", "profile=same", good, ""},
		{"p", good, place, true, "switch web --force", "profile=set", good, place + "/deploy-rs-activate " + place + " 0 0 " + place},
		{"p", bad, place, true, "switch web", "profile=restored exit status 7", good, place + "/deploy-rs-activate " + place + " 0 0 " + place},
		{"p", home, place, true, "boot web", "profile=set", home, place + "/activate " + place + " 1 0 " + place},
		{"p", bad, place, false, "switch web", "exit status 7", bad, ""},
	} {
		_ = os.Remove(log)
		r, err := request.Parse(strings.Fields(c.line), func(string) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		one := profile{inventory.Profile{Name: c.name, User: me.Username, Path: c.place, Restore: c.restore}, c.path}
		out, err := nixexec.Output(context.Background(), nixexec.Command{
			Argv: []string{"/bin/sh", "-s"}, Stdin: scriptFor(one, r), Env: []string{"PATH=" + bin + ":" + os.Getenv("PATH")},
		})
		got := strings.TrimSpace(string(out))
		if status := nixexec.Status(err); status != 0 {
			got = strings.TrimSpace(fmt.Sprintf("%s exit status %d", got, status))
		}
		at, _ := filepath.EvalSymlinks(c.place)
		logged, _ := os.ReadFile(log)
		if got != c.want || at != c.at || strings.TrimSpace(string(logged)) != c.logged {
			t.Errorf("%d: %q at %q, %q (%v)", i, got, at, logged, err)
		}
	}
	// Where nobody says, it lies where Nix has the profiles of a user.
	one := profile{inventory.Profile{Name: "home", User: me.Username}, home}
	r := request.Request{Action: "switch"}
	out, err := nixexec.Output(context.Background(), nixexec.Command{Argv: []string{"/bin/sh", "-s"}, Stdin: scriptFor(one, r), Env: []string{
		"PATH=" + bin + ":" + os.Getenv("PATH"), "NIX_STATE_DIR=" + dir + "/var", "XDG_STATE_HOME=" + dir + "/state",
	}})
	want := filepath.Join(dir, "state/nix/profiles/home")
	if me.Uid == "0" {
		want = filepath.Join(dir, "var/profiles/per-user/root/home")
	}
	if at, _ := os.Readlink(want); err != nil || at != home {
		t.Errorf("%s, %v: %s leads to %q", out, err, want, at)
	}
	one.User = "nobody-of-this-name"
	_, err = nixexec.Output(context.Background(), nixexec.Command{Argv: []string{"/bin/sh", "-s"}, Stdin: scriptFor(one, r)})
	if err == nil || nixexec.Status(err) != 1 {
		t.Errorf("%v", err)
	}
}

// What is no profile that could be deployed.
func TestWrong(t *testing.T) {
	for want, one := range map[string]inventory.Profile{
		"":                         {Name: "home", User: "ann", Path: "/nix/p"},
		"no name of a profile":     {Name: "../x", User: "ann"},
		"says whose it is":         {Name: "home"},
		"no name of a user":        {Name: "home", User: "-x"},
		`"relative" is no plain`:   {Name: "home", User: "ann", Path: "relative"},
		`"/a/../b" is no plain`:    {Name: "home", User: "ann", Path: "/a/../b"},
		`"/a\nb" is no plain path`: {Name: "home", User: "ann", Path: "/a\nb"},
	} {
		err := wrong(plan.Job{}, one)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
