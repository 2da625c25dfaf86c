package plan

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"nixhop/rebuild/decision"
)

// What goes to the host holds the commands as they are matched: no quote of ours gets into a word.
func TestCommandsScript(t *testing.T) {
	a := activation{Activation: decision.ActivationOf(parse(t, "switch web"))}
	a.Specialisation = "a\"b$c`d'e\\"
	const unit = "--collect --no-ask-password --pipe --quiet --service-type=exec --unit=nixos-rebuild-switch-to-configuration --wait"
	c := decision.Commands{
		Profile: []string{"nix-env", "-p", a.Profile, "--set", decision.ToplevelWord},
		Switch: slices.Concat(strings.Fields("systemd-run -E LOCALE_ARCHIVE -E NIXOS_INSTALL_BOOTLOADER= "+unit),
			[]string{decision.ToplevelWord + "/specialisation/" + a.Specialisation + "/bin/switch-to-configuration", a.Action}),
	}
	script := permittedScript(c, a, []string{"printf", "<%s>", "-n"})
	text, _, _ := strings.Cut(script, commandsScript)
	out := shellSays(t, text+"toplevel=/nix/store/x\nactivate -l\nset_profile\n")
	want := "<-n><-l><systemd-run><-E><LOCALE_ARCHIVE><-E><NIXOS_INSTALL_BOOTLOADER=><--collect><--no-ask-password><--pipe><--quiet>" +
		"<--service-type=exec><--unit=nixos-rebuild-switch-to-configuration><--wait>" +
		"</nix/store/x/specialisation/a\"b$c`d'e\\/bin/switch-to-configuration><switch>" +
		"<-n><nix-env><-p></nix/var/nix/profiles/system><--set></nix/store/x>"
	if out != want {
		t.Errorf("got  %s\nwant %s", out, want)
	}
}

// shellSays is what a shell prints for a text.
func shellSays(t *testing.T, text string) string {
	t.Helper()
	out, err := exec.Command("sh", "-c", text).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
