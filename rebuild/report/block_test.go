package report

import (
	"strings"
	"testing"
)

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{
		{"a finding that is a little longer", 20, "a finding that is a\nlittle longer"},
		{"a finding that is a little longer", 19, "a finding that is a\nlittle longer"},
		{"a finding that is a little longer", 18, "a finding that is\na little longer"},
		{
			"in /nix/store/8bhp2vk7clnddrbsh6wmjbxkc8hh6ckb-x it is", 20,
			"in\n/nix/store/8bhp2vk7clnddrbsh6wmjbxkc8hh6ckb-x\nit is",
		},
		{"größer als gedacht ist", 18, "größer als gedacht\nist"},
		{"", 20, ""},
	} {
		if got := strings.Join(Wrap(c.text, c.width), "\n"); got != c.want {
			t.Errorf("%q to %d: got %q, want %q", c.text, c.width, got, c.want)
		}
	}
}

// A finding is broken between words on a terminal, and stays as it is elsewhere; what is to be pasted is never broken.
func TestBlock(t *testing.T) {
	head, why := "nixhop: error: web: the host is not there [host-unreachable]", "it may be off, or in another network"
	remedy := []string{"ssh -o ConnectTimeout=5 web true   # by hand"}
	if got, want := Block(head, why, remedy, 0), head+"\n  "+why+"\n    "+remedy[0]+"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	want := "nixhop: error: web: the\n  host is not there\n  [host-unreachable]\n" +
		"  it may be off, or in\n  another network\n    " + remedy[0] + "\n"
	if got := Block(head, why, remedy, 25); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestHeaded(t *testing.T) {
	for _, c := range []struct{ host, text, want string }{
		{"web", "1\n", "# web\n1\n"},
		{"", "1\n", "1\n"},
		{"web", "", ""},
		{"a\tb", "1\n", "# a\\tb\n1\n"},
	} {
		if got := Headed(c.host, c.text); got != c.want {
			t.Errorf("%q of %q: %q, want %q", c.text, c.host, got, c.want)
		}
	}
}
