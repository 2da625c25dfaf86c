package facts

import (
	"reflect"
	"testing"
)

// What Nix 2.8 and 2.34 print for `nix path-info --recursive --sigs`.
func TestParseClosure(t *testing.T) {
	const a, b, c, d = "/nix/store/00000000000000000000000000000000-a", "/nix/store/11111111111111111111111111111111-b",
		"/nix/store/22222222222222222222222222222222-c", "/nix/store/33333333333333333333333333333333-d"
	text := a + "   \tultimate ours:abc==\n" + b + "\tcache.nixos.org-1:x theirs:y\n" + c + " \tca:text:sha256:1\n" + d + "\tultimate\n" +
		"warning: the group 'nixbld' does not exist\n"
	for _, test := range []struct {
		keys []string
		want Closure
	}{
		{[]string{"ours", "theirs"}, Closure{4, []string{d}}},
		{[]string{"cache.nixos.org-1"}, Closure{4, []string{a, d}}},
		{[]string{"ca", "ultimate"}, Closure{4, []string{a, b, d}}},
		{nil, Closure{4, []string{a, b, d}}},
	} {
		if got := ParseClosure(text, test.keys); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%q: got %+v, want %+v", test.keys, got, test.want)
		}
	}
}
