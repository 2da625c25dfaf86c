package facts

import (
	"strings"
	"testing"
)

// TestProbeWaysToRoot: run0 is tried only where nothing else works without a password, or where it is asked for; each
// within two seconds.
func TestProbeWaysToRoot(t *testing.T) {
	const refuses, hangs = "echo 'first line'; echo \"${0##*/}: no\" >&2; exit 1", "exec tail -f /dev/null"
	for _, tt := range []struct {
		name, sudo, doas, run0 string // empty: not there
		asked                  bool
		want                   Elevation
	}{
		{"nothing is there", "", "", "", false, Elevation{}},
		{"sudo", "exit 0", refuses, "exit 0", false, Elevation{SudoFree: Yes, DoasFree: No, DoasSays: "doas: no"}},
		{"doas", refuses, "exit 0", "exit 0", false, Elevation{SudoFree: No, SudoSays: "first line | sudo: no", DoasFree: Yes}},
		{"run0", refuses, refuses, "exit 0", false,
			Elevation{SudoFree: No, SudoSays: "first line | sudo: no", DoasFree: No, DoasSays: "doas: no", Run0Free: Yes}},
		{"only run0", "", "", "exit 0", false, Elevation{Run0Free: Yes}},
		{"run0 is asked for", "exit 0", "", "exit 0", true, Elevation{SudoFree: Yes, Run0Free: Yes}},
		{"run0 with a password", "", "", refuses, false, Elevation{Run0Free: No, Run0Says: "systemd-run: no"}},
		{"run0 that hangs", "", "", hangs, false, Elevation{Run0Free: No}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := newNixOS(t)
			for name, script := range map[string]string{"sudo": tt.sudo, "doas": tt.doas, "systemd-run": tt.run0} {
				if name == "systemd-run" && script != "" {
					script = `case "$*" in *--uid=0*--no-ask-password*" /bin/sh -s") ;; *) exit 9 ;; esac; ` + script
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

// TestProbePAM is colmena#154 and deploy-rs#299: an agent, or a program, answers for the user, and `sudo -n` asks
// neither. Where PAM wants a password or a person there is nothing to try: each failure may count against the login.
func TestProbePAM(t *testing.T) {
	const sudo = `#!/bin/sh
case "$*" in
"-k -n /bin/sh -s") echo 'sudo: a password is required' >&2; exit 1 ;;
"-k /bin/sh -s") `
	for _, tt := range []struct {
		name, pam, common string
		plain             string // what sudo does without -n
		want              Answer
		says              string
	}{
		{"an agent", "auth sufficient /nix/store/x/libexec/pam_ssh_agent_auth.so file=/etc/ssh/authorized_keys.d/%u # order 100\nauth sufficient pam_unix.so\n", "",
			"exit 0", Yes, ""},
		{"a program, included", "#%PAM-1.0\n@include common-auth\n", "auth\t[success=2 default=ignore]\tpam_exec.so quiet /bin/true\nauth [success=1 default=ignore] pam_unix.so nullok\n",
			"exit 0", Yes, ""},
		{"everybody, in a substack", "auth substack common-auth\n", "auth sufficient pam_permit.so\n", "exit 0", Yes, ""},
		{"an agent that is not there", "auth sufficient pam_rssh.so\n", "", "echo 'sudo: a terminal is required to read the password' >&2; exit 1",
			No, "sudo: a password is required"},
		{"an agent, but no rule", "auth sufficient pam_rssh.so\n", "", "echo 'ann is not in the sudoers file.' >&2; exit 1", No, "ann is not in the sudoers file."},
		{"an agent that waits for somebody", "auth sufficient pam_ssh_agent_auth.so\n", "", "exec tail -f /dev/null", No, "sudo: a password is required"},
		{"a password", "auth [success=1 default=ignore] pam_unix.so nullok\nauth requisite pam_deny.so\nauth required pam_permit.so\n", "", "exit 0",
			Unsaid, "sudo: a password is required"},
		{"a person", "account sufficient pam_rssh.so\nauth sufficient pam_u2f.so cue\nauth sufficient pam_fprintd.so\n", "", "exit 0",
			Unsaid, "sudo: a password is required"},
		{"nobody may look", "", "", "exit 0", Unsaid, "sudo: a password is required"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := newNixOS(t)
			n.write("bin/sudo", sudo+tt.plain+" ;;\n*) exit 1 ;;\nesac\n")
			if tt.pam != "" {
				n.write("etc/pam.d/sudo", tt.pam)
			}
			n.write("etc/pam.d/common-auth", tt.common)
			for _, s := range shells(t) {
				got := n.ask(t, s, Query{Target: true, Profile: "web"}).Elevate
				if got.SudoFree != No || got.SudoByPAM != tt.want || got.SudoSays != tt.says ||
					got.SudoLate != strings.Contains(tt.name, "waits") {
					t.Errorf("%s: got %+v", s.name, got)
				}
			}
		})
	}
}

// TestProbeSudoOptions: NIX_SUDOOPTS stand where nixos-rebuild puts them, and are words for a shell.
func TestProbeSudoOptions(t *testing.T) {
	n := newNixOS(t)
	n.write("bin/sudo", "#!/bin/sh\nfor word; do printf '<%s>' \"$word\"; done >&2\nexit 1\n")
	got := n.ask(t, shells(t)[0], Query{Target: true, Profile: "web", Sudo: `-u 'the root'`}).Elevate.SudoSays
	if want := "<-k><-n><-u><the root></bin/sh><-s>"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestSudoReason has what sudo 1.9 and sudo-rs say, and which of it is why.
func TestSudoReason(t *testing.T) {
	for _, tt := range []struct {
		says, reason string
		asks         bool
	}{
		{"sudo: a password is required", "sudo: a password is required", true},
		{"sudo: unable to resolve host vm: Name or service not known | sudo: a password is required", "sudo: a password is required", true},
		{"sudo: a terminal is required to read the password; either use the -S option to read from standard input | sudo: a password is required",
			"sudo: a password is required", true},
		{"sudo: interactive authentication is required", "sudo: interactive authentication is required", true},
		// fosrl/newt#383
		{`sudo: The "no new privileges" flag is set, which prevents sudo from running as root. | sudo: If sudo is running in a container, you may need to adjust`,
			`sudo: The "no new privileges" flag is set, which prevents sudo from running as root.`, false},
		{"/etc/sudoers:3:5: syntax error |  ^~~ | sudo: no valid sudoers sources found, quitting", "/etc/sudoers:3:5: syntax error", false},
		{"sudo: unable to resolve host vm: x | Sorry, user ann is not allowed to execute '/bin/sh -s' as root on vm.",
			"Sorry, user ann is not allowed to execute '/bin/sh -s' as root on vm.", false},
		{"sudo: Account or password is expired, reset your password and try again", "sudo: Account or password is expired, reset your password and try again", false},
		{"", "", false},
	} {
		if got := SudoReason(tt.says); got != tt.reason || SudoWants(tt.says) != tt.asks {
			t.Errorf("%q: got %q, asks %v", tt.says, got, SudoWants(tt.says))
		}
	}
}
