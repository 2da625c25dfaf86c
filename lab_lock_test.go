//go:build lab

package main

import (
	"testing"
	"time"
)

// labTwoAtOnce: of two deployments from here to one host the second says who holds the host, and waits; Ctrl-C ends the wait.
func labTwoAtOnce(t *testing.T, l *lab) {
	for _, engine := range engines {
		dir := l.systems(t,
			`web = system {`, `gated = system { hostName = "n1"; message = "`+engine+`"; activate = ''
				echo begin >>/run/turns
				until [ -e /run/gate ]; do sleep 0.1; done
				echo end >>/run/turns
			''; };
			web = system {`)
		l.ssh(t, "n1", "rm -f /run/turns /run/gate")
		env := withEngine(t, engine)

		first := l.onTerminal(t, l.command(t, dir, env, "switch", "n1=gated"))
		within(t, time.Minute, "the first activation", func() bool {
			return l.run(t, l.sshCommand("n1", "test -e /run/turns")).code == 0
		})
		second := l.onTerminal(t, l.command(t, dir, env, "switch", "root@n1=gated"))
		third := l.onTerminal(t, l.command(t, dir, env, "test", "n1=gated"))
		for _, waiting := range []*terminal{second, third} {
			waiting.expect("waiting for another deployment to ")
			waiting.expect(": nixhop switch n1=gated)")
		}
		third.types("\x03")
		if code := third.wait(); code != 130 {
			t.Errorf("%s: Ctrl-C in the wait: exit status %d, want 130\n%s", engine, code, third.text())
		}
		l.ssh(t, "n1", "touch /run/gate")
		for _, run := range []*terminal{first, second} {
			if code := run.wait(); code != 0 {
				t.Errorf("%s: exit status %d\n%s", engine, code, run.text())
			}
		}
		if got := l.ssh(t, "n1", "cat /run/turns"); got != "begin\nend\nbegin\nend" {
			t.Errorf("%s: the activations went\n%s", engine, got)
		}
		l.runs(t, "n1", l.build(t, dir, "gated"))
		l.noMasterLeft(t)
	}
}
