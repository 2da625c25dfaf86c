package ssh

import (
	"slices"
	"strings"
	"testing"
)

func TestSplitOptions(t *testing.T) {
	got, err := SplitOptions(`-p 22 -oProxyCommand='ssh -W %h:%p x' $HOME`)
	if err == nil {
		t.Errorf("took a host for an option: %q", got)
	}
	got, err = SplitOptions(`-4A -i ~/.ssh/k -o "ProxyCommand ssh -W %h:%p x"`)
	want := []string{"-4A", "-i", "~/.ssh/k", "-o", "ProxyCommand ssh -W %h:%p x"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
	for _, bad := range []string{"'", `"a`, `a\`, "-p", "-Ap", "host", "-", "-- x"} {
		if got, err := SplitOptions(bad); err == nil {
			t.Errorf("%q: got %q and no error", bad, got)
		}
	}
}

// https://github.com/NixOS/nix/issues/5181: Nix before 2.26 does not know quotes here.
func TestOptionsEnv(t *testing.T) {
	if got, err := OptionsEnv([]string{"-o", "ControlPath=/tmp/x/%C", "-p", "22"}); err != nil || got != "-o ControlPath=/tmp/x/%C -p 22" {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := OptionsEnv(nil); err != nil || got != "" {
		t.Errorf("got %q, %v", got, err)
	}
	for _, bad := range []string{"", "ProxyCommand=a b", "a\tb", `a\b`, "it's", `"`, "a\u00a0b"} {
		if got, err := OptionsEnv([]string{"-o", bad}); err == nil {
			t.Errorf("%q: got %q and no error", bad, got)
		}
	}
}

func TestRejectedOptions(t *testing.T) {
	plain := MasterOptions{}
	for _, test := range []struct {
		r          rejected
		in, remain string
	}{
		{sharingRejected(plain), "-p 22 -A", "-p 22 -A"},
		{sharingRejected(plain), "-4Ap22", "-4 -A -p 22"},
		{sharingRejected(plain), "-o ControlPath=/x -oControlPath=/x -ocontrolpath=x -o ControlPath_x -S /x -S/x -M -MM", ""},
		{sharingRejected(plain), "-o ControlMaster=auto -o ControlPersist=9 -t -tt -o RequestTTY=force -f -N -fN -n", ""},
		{sharingRejected(plain), "-AMt -i -M -4", "-A -i -M -4"}, // the second -M is a file
		{sharingRejected(plain), "-v -o LogLevel=QUIET -q -F /x", "-v -o LogLevel=QUIET -q -F /x"},
		{masterRejected(plain), "-v -vv -o LogLevel=QUIET -q -E /x -y -F /x", "-F /x"},
		{sharingRejected(MasterOptions{Config: "/y"}), "-F /x -A", "-A"},
		{sharingRejected(plain), "-o BatchMode=no", "-o BatchMode=no"},
		{sharingRejected(MasterOptions{Batch: true}), "-o BatchMode=no", ""},
	} {
		in := strings.Split(test.in, " ")
		for i := range in {
			in[i] = strings.ReplaceAll(in[i], "_", " ")
		}
		if got := strings.Join(test.r.without(in), " "); got != test.remain {
			t.Errorf("%q: got %q, want %q", in, got, test.remain)
		}
	}
}
