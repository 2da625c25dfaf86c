package check

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"nixhop/rebuild/facts"
)

// FuzzFindings holds that whatever a host sends, no text of a finding about it can change a terminal or is out of
// bounds.
func FuzzFindings(f *testing.F) {
	const begin, end = "nixhop-begin-N1\n", "\nnixhop-end-N1\n"
	f.Add([]byte(begin + "id=uid=1(\x1b[31m)\nblocks./boot=x 1 1 1 1% /boot\nclock=99999999999999999" + end))
	f.Add([]byte("noise\x00\u202e" + begin + "nix_builders=;;\nos_name=\"\nkernel_bytes=-1\nnix_elsewhere=/a b" + end))
	f.Add([]byte(begin + "uname=Linux \x1b]0;x\a x86_64\nswitches=nixos-upgrade.service,activating,x\nstale=kernel\n" +
		"sudo_status=1\nsudo_says=\u202eno\nsudo_rules=/bin/\x1bx\nstore_trusted=0\nsystemd_version=systemd 1" + end))
	f.Fuzz(func(t *testing.T, output []byte) {
		known, err := facts.ParseFacts(output, "N1")
		if err != nil {
			return
		}
		want := TargetWant{
			Host: "web", HostName: "a", System: "x86_64-linux", Root: true, Ways: facts.EveryWay[:], Unsigned: true, Built: true,
			Now: time.Unix(1, 0),
		}
		build := BuildHostWant{Host: "web", Target: "db", System: "a-linux", Unsigned: true}
		all := slices.Concat(Target(known, want), TargetFits(known, want), BuildHost(known, build), BuildHostFits(known, build))
		for _, found := range all {
			told := tell(found, "web")
			for _, text := range append([]string{told.Name, told.Host, told.What, told.Why}, told.Remedy...) {
				i := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
				if i >= 0 || len(text) > 16*facts.FactBytes {
					t.Fatalf("a text of %d bytes that is not plain at %d: %.100q", len(text), i, text)
				}
			}
		}
	})
}
