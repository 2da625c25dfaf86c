package connection

import "testing"

// Two boots are told apart by what both have told, also in a container that shares the kernel of its machine.
func TestBoot(t *testing.T) {
	const stat = "S 0 1 1 0 -1 4194560 9 8 7 6 5 4 3 2 20 0 1 0 "
	was := BootOf("a banner\nboot=1111\ninit=" + stat + "171 1 2 3\n")
	if was != (Boot{ID: "1111", Init: "171"}) {
		t.Fatalf("%+v", was)
	}
	if !BootOf("boot=1\nup=yes\n").Up || was.Up {
		t.Error("an initrd is taken for a system")
	}
	for text, other := range map[string]bool{
		"boot=1111\ninit=" + stat + "171 9 9 9\n": false,
		"boot=2222\ninit=" + stat + "171 1 2 3\n": true,
		"boot=1111\ninit=" + stat + "305 1 2 3\n": true, // a container
		"boot=1111\n":         false,
		"init=S 0 1\n":        false,
		"":                    false,
		"boot=2222\ninit=S\n": true,
	} {
		if was.Other(BootOf(text)) != other {
			t.Errorf("%q: %v", text, !other)
		}
	}
}
