package sshcfg

import (
	"strings"
	"testing"
)

func TestParseHost(t *testing.T) {
	tests := []struct {
		word              string
		want              Host
		String, authority string
	}{
		{"web", Host{"", "web", 0}, "web", "web"},
		{"root@web", Host{"root", "web", 0}, "root@web", "root@web"},
		{"web:2222", Host{"", "web", 2222}, "web", "web"},
		{"root@192.0.2.1:65535", Host{"root", "192.0.2.1", 65535}, "root@192.0.2.1", "root@192.0.2.1"},
		{"ssh://root@web:22", Host{"root", "web", 22}, "root@web", "root@web"},
		{"ssh://web/", Host{"", "web", 0}, "web", "web"},
		{"ssh://[::1]:22", Host{"", "::1", 22}, "::1", "[::1]"},
		{"[web]:22", Host{"", "web", 22}, "web", "web"},
		{"::1", Host{"", "::1", 0}, "::1", "[::1]"},
		{"fe80::1", Host{"", "fe80::1", 0}, "fe80::1", "[fe80::1]"},
		{"root@fe80::1%eth0", Host{"root", "fe80::1%eth0", 0}, "root@fe80::1%eth0", "root@[fe80::1%25eth0]"},
		{"root@[fe80::1%25eth0]", Host{"root", "fe80::1%eth0", 0}, "root@fe80::1%eth0", "root@[fe80::1%25eth0]"},
		{"root@[fe80::1%eth0]:22", Host{"root", "fe80::1%eth0", 22}, "root@fe80::1%eth0", "root@[fe80::1%25eth0]"},
		{`DOMAIN\ann@web`, Host{`DOMAIN\ann`, "web", 0}, `DOMAIN\ann@web`, `DOMAIN\ann@web`},
		{"ann@corp@web", Host{"ann@corp", "web", 0}, "ann@corp@web", "ann@corp@web"}, // NixOS/nix#14685
		{"ünïcode", Host{"", "ünïcode", 0}, "ünïcode", "ünïcode"},
		{"", Host{}, "", "the name is empty"},
		{"@web", Host{}, "", "no user before the @"},
		{"root@", Host{}, "", "the name is empty"},
		{"-oProxyCommand=x", Host{}, "", "the name begins with a dash"},
		{"-l@web", Host{}, "", "the user name begins with a dash"},
		{"root@-web", Host{}, "", "the name begins with a dash"},
		{"web:", Host{}, "", `the port "" is not a number`},
		{"web:0", Host{}, "", `the port "0" is not a number`},
		{"web:65536", Host{}, "", `the port "65536" is not a number`},
		{"web:+22", Host{}, "", `the port "+22" is not a number`},
		{"web:22:23", Host{}, "", `"web:22:23" is not an IPv6 address`},
		{"[::1", Host{}, "", "the bracket is not closed"},
		{"[::1]22", Host{}, "", `"22" after the bracket`},
		{"[fe80::1%25]", Host{}, "", "is not an IPv6 address"},
		{"fe80::1%a/b", Host{}, "", "the address holds '/'"},
		{"vmi/x", Host{"", "vmi/x", 0}, "vmi/x", "vmi/x"},
		{"ssh://web/path", Host{}, "", "an ssh URL has no path here"},
		{"ssh-ng://web", Host{}, "", `"ssh-ng://" is no ssh URL`},
		{"a b", Host{}, "", "a space or a control character"},
		{"a\nb", Host{}, "", "a space or a control character"},
		{"a\x1b[2J", Host{}, "", "a space or a control character"},
		{"a\u202eb", Host{}, "", "a space or a control character"},
		{"a\xffb", Host{}, "", "is not UTF-8"},
		{"a;b", Host{}, "", "the name holds ';'"},
		{"$(a)", Host{}, "", "the name holds '$'"},
		{"web*", Host{}, "", "the name holds '*'"},
		{"a%h", Host{}, "", "the name holds '%'"},
	}
	for _, test := range tests {
		got, err := ParseHost(test.word)
		if test.want == (Host{}) {
			if err == nil || !strings.Contains(err.Error(), test.authority) || !strings.Contains(err.Error(), "\na host is ") {
				t.Errorf("ParseHost(%q) = %+v, %v; want an error with %q", test.word, got, err, test.authority)
			}
			continue
		}
		if err != nil || got != test.want || got.String() != test.String || got.Authority() != test.authority {
			t.Errorf("ParseHost(%q) = %+v (%s, %s), %v", test.word, got, got, got.Authority(), err)
		}
	}
}

// What Nix takes in an ssh:// URL as it is; for the others a name of ours stands.
func TestPlain(t *testing.T) {
	for word, want := range map[string]bool{
		"web": true, "root@web": true, "web:2222": true, "192.0.2.1": true, "::1": true, "root@[fe80::1]": true,
		"root@[fe80::1%25eth0]": false, "vmi/x": false, "me@device@gateway": false, "D\\a@web": false, "ünïcode": false,
	} {
		h, err := ParseHost(word)
		if err != nil || h.Plain() != want {
			t.Errorf("%s: %v, %v", word, h.Plain(), err)
		}
	}
}
