package facts

import "testing"

// TestProbeWaysToRoot: run0 is tried only where nothing else works without a password, or where it is asked for; each within two seconds.
func TestProbeWaysToRoot(t *testing.T) {
	const refuses, hangs = "echo 'first line'; echo \"${0##*/}: no\" >&2; exit 1", "exec tail -f /dev/null"
	for _, tt := range []struct {
		name, sudo, doas, run0 string // empty: not there
		asked                  bool
		want                   Elevation
	}{
		{"nothing is there", "", "", "", false, Elevation{}},
		{"sudo", "exit 0", refuses, "exit 0", false, Elevation{SudoFree: Yes, DoasFree: No, DoasSays: "doas: no"}},
		{"doas", refuses, "exit 0", "exit 0", false, Elevation{SudoFree: No, SudoSays: "sudo: no", DoasFree: Yes}},
		{"run0", refuses, refuses, "exit 0", false,
			Elevation{SudoFree: No, SudoSays: "sudo: no", DoasFree: No, DoasSays: "doas: no", Run0Free: Yes}},
		{"only run0", "", "", "exit 0", false, Elevation{Run0Free: Yes}},
		{"run0 is asked for", "exit 0", "", "exit 0", true, Elevation{SudoFree: Yes, Run0Free: Yes}},
		{"run0 with a password", "", "", refuses, false, Elevation{Run0Free: No, Run0Says: "systemd-run: no"}},
		{"run0 that hangs", "", "", hangs, false, Elevation{Run0Free: No}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := newNixOS(t)
			for name, script := range map[string]string{"sudo": tt.sudo, "doas": tt.doas, "systemd-run": tt.run0} {
				if name == "systemd-run" && script != "" {
					script = `case "$*" in *--uid=0*--no-ask-password*" /bin/sh -c :") ;; *) exit 9 ;; esac; ` + script
				}
				if script != "" {
					n.write("bin/"+name, "#!/bin/sh\n"+script+"\n")
				}
			}
			f := n.askWith(t, shells(t)[0], Query{Target: true, Run0: tt.asked, Profile: "web"}, n.root+"/bin")
			got := f.Elevate
			got.Sudo, got.Doas, got.SudoVersion = "", "", ""
			same(t, "elevation", got, tt.want)
		})
	}
}

// TestProbeTargetOnly holds that a build host is never asked for a way to root: sudo would log that, and may mail it.
func TestProbeTargetOnly(t *testing.T) {
	n := newNixOS(t)
	n.write("bin/sudo", "#!/bin/sh\nexit 0\n")
	if f := n.ask(t, shells(t)[0], Query{BuildHost: true, Profile: "web"}); f.Elevate.SudoFree != Unsaid {
		t.Errorf("sudo ran: %+v", f.Elevate)
	}
}
