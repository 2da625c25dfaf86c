package decision

import (
	"testing"

	"nixhop/rebuild/facts"
)

func TestChooseTransfer(t *testing.T) {
	here := End{Here: true, Nix: facts.Nix{Version: "2.8.0"}}
	host := func(version, daemon string, trusted facts.Answer) End {
		return End{Nix: facts.Nix{Version: version, Daemon: daemon}, Trusted: trusted}
	}
	const daemon = "/run/current-system/sw/bin/nix-daemon"
	for _, test := range []struct {
		name     string
		from, to End
		pushes   bool
		want     Transfer
	}{
		{"to a host of today", here, host("2.28.3", daemon, facts.Yes), true, Together},
		{"to a login that is not trusted", here, host("2.28.3", daemon, facts.No), true, Together},
		{"to a host that nobody has asked", here, End{}, true, Together},
		{"to the first Nix that takes paths together", here, host("2.4", daemon, facts.Yes), true, Together},
		{"to an old one", here, host("2.3.16", daemon, facts.Yes), true, Stream},
		{"to an old one that does not trust the login", here, host("2.3.16", daemon, facts.No), true, OneByOne},
		{"to a host without a daemon", here, host("2.28.3", "", facts.Yes), true, Stream},
		{"to one without, by a login that is not trusted", here, host("2.28.3", "", facts.No), true, OneByOne},
		{"to Lix", here, host("2.90.0", daemon, facts.Yes), true, Together},
		{"from an old Nix here", End{Here: true, Nix: facts.Nix{Version: "2.3.16"}}, host("2.28.3", daemon, facts.Yes), true, OneByOne},
		{"to here", host("2.28.3", daemon, facts.Yes), End{Here: true, Trusted: facts.Yes}, false, Stream},
		{"to here, where nobody asked", End{}, End{Here: true}, false, Stream},
		{"to here, where Nix does not trust the user", host("2.28.3", daemon, facts.Yes), End{Here: true, Trusted: facts.No}, false, OneByOne},
		{"to here, from an old one", host("2.3.16", daemon, facts.Yes), End{Here: true, Trusted: facts.Yes}, false, OneByOne},
		{"from host to host through here", host("2.28.3", daemon, facts.No), host("2.28.3", daemon, facts.Yes), false, Stream},
		{"through here to a login that is not trusted", host("2.28.3", daemon, facts.Yes), host("2.28.3", daemon, facts.No), false, Together},
		{"through here to an old one that does not trust it", host("2.28.3", daemon, facts.Yes), host("2.3.16", daemon, facts.No), false, OneByOne},
		{"through here, where nobody asked", End{}, End{}, false, Stream},
		{"from host to host", host("2.28.3", daemon, facts.No), host("2.28.3", daemon, facts.Yes), true, Together},
		{"from host to an old one", host("2.28.3", daemon, facts.No), host("2.3.16", daemon, facts.Yes), true, OneByOne},
		{"from an old one to a host", host("2.3.16", daemon, facts.No), host("2.28.3", daemon, facts.Yes), true, OneByOne},
	} {
		if got := ChooseTransfer(test.from, test.to, test.pushes); got != test.want {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}

func TestCopies(t *testing.T) {
	newer := &facts.Host{Nix: facts.Nix{Version: "2.28.3", Daemon: "/bin/nix-daemon", Trusted: facts.Yes}}
	older := &facts.Host{Nix: facts.Nix{Version: "2.3.16", Daemon: "/bin/nix-daemon", Trusted: facts.No}}
	web, big := &Machine{}, &Machine{}
	for _, test := range []struct {
		name    string
		known   Known
		between bool
		want    Copies // OneByOne, too, where there is none
	}{
		{"built here", Known{Machine: web, On: newer}, false, Copies{System: Together}},
		{"built here for an old target", Known{Machine: web, On: older}, false, Copies{}},
		{"built on an old target", Known{Machine: web, Builder: web, On: older, At: older}, false, Copies{}},
		{"built elsewhere", Known{Builder: big, At: newer}, false, Copies{Derivation: Together, System: Stream}},
		{"through here", Known{Machine: web, Builder: big, On: newer, At: newer}, false, Copies{Derivation: Together, System: Stream}},
		{"straight", Known{Machine: web, Builder: big, On: newer, At: newer}, true, Copies{Derivation: Together, System: Together}},
		{"nobody asked", Known{Machine: web, Builder: big}, false, Copies{Derivation: Together, System: Stream}},
	} {
		got := test.known.Copies(facts.Nix{Version: "2.8.0"}, test.between, func() facts.Answer { return facts.Yes })
		if test.known.Builder == nil {
			got.Derivation = OneByOne
		}
		if got != test.want {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}
