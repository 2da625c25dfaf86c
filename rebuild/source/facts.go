package source

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"nixhop/nixexec"
)

// Facts is what a configuration says of itself. A field is empty where it does not say.
type Facts struct {
	HostName    string `json:"hostName"`    // networking.hostName
	System      string `json:"system"`      // what it runs on: nixpkgs.hostPlatform
	BuildSystem string `json:"buildSystem"` // what its derivations are built on: nixpkgs.buildPlatform

	Refused []string `json:"refused"` // options, or what it lacks, because of which no other build platform can be forced on it
	Files   []string `json:"files"`   // where the first of them is set
}

// FactsVersion changes with the expression that tells the facts.
func FactsVersion() string {
	sum := sha256.Sum256([]byte(factsNix))
	return hex.EncodeToString(sum[:])
}

// factsMark begins the line on which evaluate.nix tells the facts; nix puts "trace: " in front.
const factsMark = "trace: nixhop-facts "

// ParseFacts reads the line of the facts; false for any other line.
func ParseFacts(line string) (Facts, bool) {
	text, found := strings.CutPrefix(line, factsMark)
	var known Facts
	if !found || json.Unmarshal([]byte(text), &known) != nil {
		return Facts{}, false
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

// ReadFacts reads what nix printed for Wanted.Facts.
func ReadFacts(out string) (Facts, error) {
	known, ok := ParseFacts(factsMark + out)
	if !ok {
		return Facts{}, fmt.Errorf("reading the facts of the configuration: %q", nixexec.Printable(out))
	}
	return known, nil
}
