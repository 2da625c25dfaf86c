package main

import (
	_ "embed"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"nixhop/nixexec"
	"nixhop/rebuild/evaluation"
	"nixhop/rebuild/help"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
)

// The completions, as `nixhop completion SHELL` prints them.
var (
	//go:embed completion/nixhop.bash
	completionBash string
	//go:embed completion/nixhop.zsh
	completionZsh string
	//go:embed completion/nixhop.fish
	completionFish string
)

func printCompletion(w io.Writer, shell string) error {
	scripts := map[string]string{"bash": completionBash, "zsh": completionZsh, "fish": completionFish}
	return printLine(w, scripts[shell])
}

// complete prints what may stand in the place of a word, one candidate a line with its help behind a tab, and ":files"
// where names of files may. It is what the completions ask, as in
//
//	nixhop __complete NAME AT WORD...
//
// where NAME is nixhop, or nixos-rebuild for one that is not nixhop, and AT is which WORD is to be completed, counted
// from 0. No program is run for it, and a problem is no time for an error text.
func complete(w io.Writer, args []string, env func(string) string) error {
	if len(args) < 2 {
		return nil
	}
	at, err := strconv.Atoi(args[1])
	if err != nil || at < 0 {
		return nil
	}
	line := help.Line{Words: args[2:], At: at, Plain: args[0] != "nixhop"}
	candidates, files := help.Complete(line, knownHere(line.Words, env))
	var text strings.Builder
	for _, c := range candidates {
		// A name of a configuration may hold anything, which would be a line of its own, or a help text.
		if !strings.ContainsFunc(c.Word, unicode.IsControl) {
			fmt.Fprintf(&text, "%s\t%s\n", c.Word, nixexec.Printable(c.Help))
		}
	}
	if files {
		fmt.Fprintln(&text, ":files")
	}
	if text.Len() == 0 {
		return nil
	}
	return printLine(w, text.String())
}

// knownHere is what the files of this machine tell: the ssh config that the words name, and the cache.
func knownHere(words []string, env func(string) string) help.Known {
	known := inventory(words, env)
	return help.Known{
		Hosts: func() []help.Candidate {
			var hosts []help.Candidate
			for _, name := range known().Names() {
				about := known().Describe(name)
				if about == "" {
					about = "host"
				}
				hosts = append(hosts, help.Candidate{Word: name, Help: about})
			}
			return hosts
		},
		Tags: func() []string {
			var all []string
			for _, a := range known().Aliases {
				all = append(all, a.Tags...)
			}
			slices.Sort(all)
			return slices.Compact(all)
		},
		Configurations: func(r request.Request) []string { return seen(r, env, evaluation.Seen) },
		Nodes:          func(r request.Request) []string { return seen(r, env, evaluation.SeenNodes) },
	}
}

// seen are names that the source of a request has had, by what was kept of it.
func seen(r request.Request, env func(string) string, kept func(source.Source, string, func(string) string) []string) []string {
	dir, err := os.Getwd()
	if err != nil {
		return nil
	}
	// Some word is a HOST, or is going to be: a flake that was not named is the one above.
	r.Hosts = append(r.Hosts, request.Selector{})
	return kept(source.FindSource(r, dir, nixexec.Exists, nixexec.Realpath), dir, env)
}
