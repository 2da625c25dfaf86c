package nixlog

import "testing"

// Of the format the lines are told that nix says without being asked for more, without colours; another line is none of
// it.
func TestSays(t *testing.T) {
	for _, c := range []struct {
		line, want string
		is         bool
	}{
		{`@nix {"action":"msg","level":0,"msg":"\u001b[31;1merror:\u001b[0m builder failed\n"}`, "error: builder failed", true},
		{`@nix {"action":"msg","level":4,"msg":"talkative"}`, "", true},
		{`@nix {"action":"start","id":1,"level":3,"type":105,"text":"building '/nix/store/x.drv'","fields":["/nix/store/x.drv","",1,1]}`, "building '/nix/store/x.drv'...", true},
		{`@nix {"action":"start","id":1,"level":0,"type":104,"text":""}`, "", true},
		{`@nix {"action":"result","id":1,"type":101,"fields":["\u001b[1mcc\u001b[0m -o a"]}`, "cc -o a", true},
		{`@nix {"action":"result","id":1,"type":107,"fields":["behind it"]}`, "behind it", true},
		{`@nix {"action":"result","id":1,"type":105,"fields":[1,2,3,4]}`, "", true},
		{`@nix {"action":"stop","id":1}`, "", true},
		{`@nix not JSON`, "", false},
		{`Enter passphrase for key`, "", false},
	} {
		e, is := Read(c.line)
		if got := e.Says(); is != c.is || got != c.want {
			t.Errorf("%s: %q, %v", c.line, got, is)
		}
	}
}
