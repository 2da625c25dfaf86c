package explain

import "testing"

// What switch-to-configuration tells the journal, in the words of both of them; the last run counts.
func TestParseLogged(t *testing.T) {
	const begun = "switching to system configuration /new (action = switch)\n"
	for text, want := range map[string]Logged{
		"":    {},
		begun: {System: "/new"},
		begun + "finished switching to system configuration /new\n":             {System: "/new", Ended: true},
		begun + "switching to system configuration /new failed (status 4)\n":    {System: "/new", Ended: true, Status: 4},
		"finished switching to system configuration /old\n" + begun:             {System: "/new"},
		"finished switching to system configuration /old\nsomething of another": {System: "/old", Ended: true},
		"switching to system configuration /new failed (status x)\n":            {System: "/new"},
	} {
		if got := ParseLogged(text); got != want {
			t.Errorf("%q: got %+v, want %+v", text, got, want)
		}
	}
}

// What was asked of a host, as nixos-rebuilds ask; what it has logged counts where it is that.
func TestParseAsked(t *testing.T) {
	const system = "/nix/store/h5fi0qql9ja24354favaaxvlyf25ji37-nixos-system-web-25.05"
	const run = "sudo systemd-run -E LOCALE_ARCHIVE --wait "
	for _, c := range []struct {
		command string
		want    Asked
	}{
		{"nix-store --serve --write", Asked{Heard: true}},
		{"nix-env -p /nix/var/nix/profiles/system --set " + system, Asked{Heard: true, Set: true}},
		{run + system + "/bin/switch-to-configuration switch", Asked{Heard: true, Ran: true, System: system}},
		{run + "'" + system + "/bin/switch-to-configuration' 'test'", Asked{Heard: true, Ran: true, System: system}},
		{run + system + "/bin/switch-to-configuration boot", Asked{Heard: true}},
		{run + system + "/specialisation/a/bin/switch-to-configuration test", Asked{Heard: true, Ran: true}},
		{run + "/nix/var/nix/profiles/system/bin/switch-to-configuration switch", Asked{Heard: true, Ran: true}},
	} {
		if got := ParseAsked([]string{"true", c.command, "true"}); got != c.want {
			t.Errorf("%q: got %+v, want %+v", c.command, got, c.want)
		}
	}
	done, other := Logged{System: system, Ended: true}, Logged{System: "/nix/store/other", Ended: true}
	if (Asked{}).Of(done) != (Logged{}) || (Asked{Ran: true, System: system}).Of(other) != (Logged{}) {
		t.Error("somebody else's activation counts")
	}
	if (Asked{Ran: true, System: system}).Of(done) != done || (Asked{Ran: true}).Of(other) != other {
		t.Error("the own activation does not count")
	}
}

// Of a host that is not reached any more it is said what was asked of it, and no more.
func TestUnknown(t *testing.T) {
	for _, c := range []struct {
		asked Asked
		text  string
	}{
		{Asked{}, "what was changed on web is not known, for it is off; see: JOURNAL"},
		{Asked{Heard: true}, "nothing was activated on web: nixos-rebuild had not come to that; it is off"},
		{Asked{Heard: true, Set: true}, "nothing was activated on web: nixos-rebuild had not come to that; whether the profile was set is not known, for it is off"},
		{Asked{Heard: true, Set: true, Ran: true, System: "/new"}, "the activation of /new was begun on web; what came of it is not known, for it is off; see: JOURNAL"},
	} {
		if text := tellerOf("switch").Unknown("it is off", c.asked); text != c.text {
			t.Errorf("%+v: got %q\nwant %q", c.asked, text, c.text)
		}
	}
}
