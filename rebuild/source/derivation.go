package source

import (
	_ "embed"
	"encoding/json"
	"strings"

	"nixhop/nixexec"
)

//go:embed facts.nix
var FactsNix string

//go:embed evaluate.nix
var EvaluateNix string

// FlakeFacts is what a configuration says of itself. A field is empty where it does not say.
type FlakeFacts struct {
	HostName    string `json:"hostName"`    // networking.hostName
	System      string `json:"system"`      // what it runs on: nixpkgs.hostPlatform
	BuildSystem string `json:"buildSystem"` // what its derivations are built on: nixpkgs.buildPlatform

	Refused []string `json:"refused"` // options, or what it lacks, because of which no other build platform can be forced on it
	Files   []string `json:"files"`   // where the first of them is set
}

// FactsMark begins the line on which evaluate.nix tells the facts; nix puts "trace: " in front.
const FactsMark = "trace: nixhop-facts "

// ParseFacts reads the line of the facts; false for any other line.
func ParseFacts(line string) (FlakeFacts, bool) {
	text, found := strings.CutPrefix(line, FactsMark)
	var known FlakeFacts
	if !found || json.Unmarshal([]byte(text), &known) != nil {
		return FlakeFacts{}, false
	}
	for _, text := range []*string{&known.HostName, &known.System, &known.BuildSystem} {
		*text = nixexec.Printable(*text)
	}
	for _, texts := range [][]string{known.Refused, known.Files} {
		for i := range texts {
			texts[i] = nixexec.Printable(texts[i])
		}
	}
	return known, true
}

// NoLockFile keeps nix from writing the lock file: two that do it at a time would get into each other's way.
const NoLockFile = "--no-write-lock-file"
