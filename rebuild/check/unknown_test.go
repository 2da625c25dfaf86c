package check

import (
	"strings"
	"testing"

	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
	"nixhop/sshcfg"
)

// What ssh said comes first. This machine's keys matter only where they were not taken, and are not waited for
// elsewhere.
func TestNotReached(t *testing.T) {
	login := Login{Alias: "me@wbe", Endpoint: sshcfg.Endpoint{Alias: "wbe", User: "me"}}
	inventory := sshcfg.Inventory{Aliases: []sshcfg.Alias{{Name: "web"}}}
	manyKeys := facts.Here{Keys: []facts.Keys{{Alias: "wbe", Agent: facts.Yes, Held: 9}}}
	for _, c := range []struct {
		what    string
		failure sshcfg.Failure
		names   string
		looked  bool
		why     string
	}{
		{"off", sshcfg.Failure{Kind: sshcfg.TimedOut, Host: "wbe"}, "host-unreachable", false, "it is off"},
		{"misspelt", sshcfg.Failure{Kind: sshcfg.Unresolved, Host: "wbe"}, "host-unreachable", false, "did you mean web?"},
		{"another name", sshcfg.Failure{Kind: sshcfg.Unresolved, Host: "gate"}, "host-unreachable", false, "the ssh config has it as HostName"},
		{"too many keys", sshcfg.Failure{Kind: sshcfg.Denied}, "login-denied agent", true, "no key was offered"},
		{"a key that is taken", sshcfg.Failure{Kind: sshcfg.Denied, Offered: []sshcfg.OfferedKey{{Path: "k", Accepted: true}}}, "login-denied", false,
			"keys offered: k"},
	} {
		looked := false
		here := func() facts.Here { looked = true; return manyKeys }
		found := NotReached(login, c.failure, false, here, inventory, func(string) string { return "" })
		var names []string
		for _, f := range found {
			names = append(names, f.Name)
		}
		if strings.Join(names, " ") != c.names || looked != c.looked || !strings.HasPrefix(found[0].Why, c.why) || found[0].Severity != report.Error {
			t.Errorf("%s: looked %v, %+v", c.what, looked, found)
		}
	}
}
