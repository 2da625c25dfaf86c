package report

import (
	"slices"
	"testing"
)

func TestRemedy(t *testing.T) {
	call := Call{Word: "web", Host: "web", SSHConfig: "/h/my config"}
	for _, test := range []struct {
		remedy Remedy
		want   string // empty: no line
	}{
		{Again(), "nixhop switch web"},
		{Nixhop("check", "web"), "nixhop check web"},
		{Nixhop("check", ""), ""},
		{SSH("-v", "my host"), "ssh -F '/h/my config' -v 'my host'"},
		{SSH("web", "df | sort"), "ssh -F '/h/my config' web 'df | sort'"},
		{SSH("", "true"), ""},
		{SSHCopyID("", "k"), ""},
		{On("web", "rm", "a b"), `ssh -F '/h/my config' web 'rm '\''a b'\'''`},
		{On("", "true"), ""},
		{SSH("web", "true").Behind("| od -c").Note("nothing"), "ssh -F '/h/my config' web true | od -c   # nothing"},
		{Again("--cores", "2").Under("TMPDIR=/tmp"), "TMPDIR=/tmp nixhop switch web --cores 2"},
		{Shell("chmod", "600", "a\x1b b"), `chmod 600 "$(printf 'a\033 b')"`},
		{Line("a = \x1b[31m1;").Note("\u202ehere"), `a = \x1b[31m1;   # \u202ehere`},
		{Remedy{}, ""},
	} {
		var want []string
		if test.want != "" {
			want = []string{test.want}
		}
		if got := call.Lines([]Remedy{test.remedy}); !slices.Equal(got, want) {
			t.Errorf("%+v: got %q, want %q", test.remedy, got, want)
		}
	}
	// A command that is offered goes the way that this run went (issue 9, number 5).
	typed := Call{
		Action: "boot", Word: "web:2222=x", Host: "web", Ports: []Port{{Host: "web", Port: 2222}, {Host: "ann@big", Port: 7}},
		SSHConfig: "/c", Flags: []Flag{{"--ssh-config", []string{"--ssh-config=/c"}}, {"--flake", []string{"--flake", "/f"}}, {"--profile-name", []string{"-p", "p"}}},
	}
	for _, test := range []struct {
		remedy Remedy
		want   string
	}{
		{Nixhop("check", "web"), "nixhop check web:2222=x --ssh-config=/c"},
		{Nixhop("switch", "root@web"), "nixhop switch root@web:2222=x --ssh-config=/c"},
		{Nixhop("check", "other", "--ssh-config", "/d"), "nixhop check other --ssh-config /d"},
		{Nixhop("web", "web", "--flake", "web"), "nixhop web web:2222=x --flake web --ssh-config=/c"},
		{Nixhop("hosts"), "nixhop hosts --ssh-config=/c"},
		{On("root@web", "true"), "ssh -F /c -p 2222 root@web true"},
		{On("big", "true"), "ssh -F /c -p 7 big true"},
		{SSHCopyID("root@web", ""), "ssh-copy-id -F /c -p 2222 root@web"},
		{SSHCopyID("root@web", "/k ey"), "ssh-copy-id -F /c -p 2222 -i '/k ey' root@web"},
	} {
		if got := typed.Lines([]Remedy{test.remedy}); !slices.Equal(got, []string{test.want}) {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
	if got := typed.Back(); got != "nixhop switch web:2222=x --ssh-config=/c -p p --rollback" {
		t.Errorf("back: %q", got)
	}
	if got := HostBlock("web", "Port 22"); !slices.Equal(call.Lines(got), []string{"Host web", "  Port 22"}) {
		t.Errorf("got %q", call.Lines(got))
	}
	if got := HostBlock("", "Port 22"); got != nil {
		t.Errorf("for no host: %q", call.Lines(got))
	}
}

// What is no line leaves no "or" behind.
func TestAnyOf(t *testing.T) {
	a, b, none := Lines("a1", "a2"), Lines("b"), []Remedy{On("", "true")}
	for _, test := range []struct {
		remedies []Remedy
		want     []string
	}{
		{AnyOf(a, b), []string{"a1", "a2", "# or", "b"}},
		{AnyOf(nil, a, nil), []string{"a1", "a2"}},
		{AnyOf(none, a, none, b, none), []string{"a1", "a2", "# or", "b"}},
		{AnyOf(), nil},
	} {
		if got := (Call{}).Lines(test.remedies); !slices.Equal(got, test.want) {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}
