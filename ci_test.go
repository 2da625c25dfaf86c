package main

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// workflow is what GitHub runs of a file of .github/workflows.
type workflow struct {
	Name string
	Jobs map[string]struct {
		RunsOn string `yaml:"runs-on"`
		Steps  []struct{ Name, Uses, Run string }
	}
}

// workflows are the files that have one.
func workflows(t *testing.T) map[string]workflow {
	t.Helper()
	files, err := filepath.Glob(".github/workflows/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no workflows: %v", err)
	}
	all := map[string]workflow{}
	for _, name := range append(files, "testdata/examples/github.yml") {
		var w workflow
		readYAML(t, name, &w)
		all[name] = w
	}
	return all
}

func readYAML(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err == nil {
		err = yaml.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// action is one of GitHub's, with a release of it.
var action = regexp.MustCompile(`^[a-z-]+/[a-z-]+@(v\d+|[0-9a-f]{40})$`)

// TestWorkflows: each step of a workflow is an action of some release, or commands that are there.
func TestWorkflows(t *testing.T) {
	t.Parallel()
	for name, w := range workflows(t) {
		if w.Name == "" || len(w.Jobs) == 0 {
			t.Errorf("%s has no name, or no jobs", name)
		}
		for id, job := range w.Jobs {
			if job.RunsOn == "" || len(job.Steps) == 0 {
				t.Errorf("%s: job %s runs nowhere, or has no steps", name, id)
			}
			for _, step := range job.Steps {
				if (step.Uses == "") == (step.Run == "") || step.Uses != "" && !action.MatchString(step.Uses) {
					t.Errorf("%s: job %s: step %+v", name, id, step)
				}
				for _, problem := range missing(t, step.Run) {
					t.Errorf("%s: job %s: %s", name, id, problem)
				}
			}
		}
	}
	var gitlab map[string]struct{ Script []string }
	readYAML(t, "testdata/examples/gitlab.yml", &gitlab)
	if len(gitlab["deploy"].Script) == 0 {
		t.Error("the job of GitLab has no script")
	}
}

// missing are what commands call that is not there: targets of the Makefile, and files of this tree.
func missing(t *testing.T, commands string) (problems []string) {
	t.Helper()
	targets := makeTargets(t)
	for line := range strings.Lines(commands) {
		words := strings.Fields(line)
		for i, word := range words {
			if strings.HasPrefix(word, ".ci/") {
				if _, err := exec.LookPath("./" + word); err != nil {
					problems = append(problems, err.Error())
				}
			}
			if word != "make" {
				continue
			}
			for _, target := range words[i+1:] {
				if !strings.Contains(target, "=") && !slices.Contains(targets, target) {
					problems = append(problems, "the Makefile has no target "+target)
				}
			}
		}
	}
	return problems
}

// makeTargets are those that the Makefile declares to be no files.
func makeTargets(t *testing.T) []string {
	t.Helper()
	_, rest, _ := strings.Cut(readFile(t, "Makefile"), "\n.PHONY: ")
	line, _, _ := strings.Cut(rest, "\n")
	return strings.Fields(line)
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestMakefile: each target of the Makefile is explained in its head, by the same name, and nothing else is.
func TestMakefile(t *testing.T) {
	t.Parallel()
	text := readFile(t, "Makefile")
	head, _, _ := strings.Cut(text, "\n\n")
	explained := map[string]bool{"clean": true, "lab": true}
	for _, found := range regexp.MustCompile(`(?m)^# ([a-z-]+) {2,}\S`).FindAllStringSubmatch(head, -1) {
		explained[found[1]] = true
	}
	got, want := slices.Sorted(maps.Keys(explained)), slices.Sorted(slices.Values(makeTargets(t)))
	if !slices.Equal(got, want) {
		t.Errorf("explained are %q, there are %q", got, want)
	}
	for _, target := range makeTargets(t) {
		if !strings.Contains(text, "\n"+target+":") {
			t.Errorf("there is no rule for %s", target)
		}
	}
}

// TestRenovate: renovate.json is JSON, and finds each tool that the Makefile pins.
func TestRenovate(t *testing.T) {
	t.Parallel()
	var config struct {
		CustomManagers []struct{ MatchStrings []string }
	}
	if err := json.Unmarshal([]byte(readFile(t, "renovate.json")), &config); err != nil {
		t.Fatal(err)
	}
	pinned := regexp.MustCompile(`(?m)^\S+ := \S+@v\S+$`).FindAllString(readFile(t, "Makefile"), -1)
	var found []string
	for _, manager := range config.CustomManagers {
		for _, pattern := range manager.MatchStrings {
			found = append(found, regexp.MustCompile("(?m)"+pattern).FindAllString(readFile(t, "Makefile"), -1)...)
		}
	}
	if len(pinned) < 2 || !slices.Equal(found, pinned) {
		t.Errorf("renovate.json finds %q of %q", found, pinned)
	}
}
