package request

import (
	"slices"
	"testing"
)

func TestHereSettingWords(t *testing.T) {
	r := Request{Flags: []Flag{
		{Name: "--max-jobs", Spelling: "-j", Values: []string{"0"}},
		{Name: "--impure", Spelling: "--impure"},
		{Name: "--option", Spelling: "--option", Values: []string{"builders", ""}},
		{Name: "--builders", Spelling: "--builders", Values: []string{"ssh://x aarch64-linux"}},
	}}
	want := []string{"--max-jobs", "0", "--option", "builders", "", "--builders", "ssh://x aarch64-linux"}
	if got := SettingWords(r); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
