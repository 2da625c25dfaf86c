package sshcfg

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// printable fails when any string inside a value holds a control character.
func printable(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.String:
		if strings.ContainsFunc(v.String(), unicode.IsControl) {
			t.Errorf("control character in %q", v.String())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			printable(t, v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			printable(t, v.Index(i))
		}
	}
}

// seedFiles adds what a glob finds to the seeds.
func seedFiles(f *testing.F, glob string) {
	paths, err := filepath.Glob(glob)
	if err != nil || len(paths) == 0 {
		f.Fatalf("no seeds in %s: %v", glob, err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
}

func FuzzList(f *testing.F) {
	seedFiles(f, "../testdata/ssh_config/*.config")
	f.Add("Host a\\\"b \xff #\nHost = \"\r\"\n\"host\"\ta'b c'd\nMatch\nMatch exec \"\nTag \"x\n#nixhop: tags=,")
	f.Add("Host [a] a{1} (b\nMatch host (\nTag #\n# nixhop:\r")
	f.Fuzz(func(t *testing.T, text string) {
		// Includes would read this machine; they have tests of their own.
		var kept, hosts []string
		for raw := range strings.SplitSeq(text, "\n") {
			l := scanLine(1, raw)
			if l.keyword != "include" {
				kept = append(kept, raw)
			}
			if l.keyword == "host" && l.words != nil && !slices.Contains(l.words, "") {
				hosts = append(hosts, raw, fmt.Sprintf("  User marker%d", len(hosts)))
			}
		}
		inv := listText(t, strings.Join(kept, "\n"))
		printable(t, reflect.ValueOf(inv))
		for i, a := range inv.Aliases {
			if h, err := ParseHost(a.Name); err != nil || h != (Host{Name: a.Name}) {
				t.Errorf("alias %q cannot be given as HOST: %+v, %v", a.Name, h, err)
			}
			if found, ok := inv.Find(a.Name); !ok || !reflect.DeepEqual(found, a) || !inv.Matches(a.Name) {
				t.Errorf("%q is not found", a.Name)
			}
			if i > 1 || len(text) > 1<<10 {
				continue // a process for each is dear
			}
			// ssh reads the Host lines alone: a line of the fuzzer's may be a command to run.
			config := write(t, filepath.Join(t.TempDir(), "config"), strings.Join(hosts, "\n")+"\n")
			if got := sshUser(t, config, a.Name); !strings.HasPrefix(got, "marker") {
				t.Errorf("ssh takes user %q for %q", got, a.Name)
			}
		}
	})
}

func FuzzParseHost(f *testing.F) {
	for _, seed := range []string{"web", "root@web:22", "ssh://root@[fe80::1%25eth0]:22", "::1", "[fe80::1%2525]", "a@b@c", "[", "@", ":", "%", "ssh://"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, word string) {
		h, err := ParseHost(word)
		if err != nil {
			if h != (Host{}) {
				t.Errorf("%+v beside an error", h)
			}
			return
		}
		printable(t, reflect.ValueOf(h))
		if h.Name == "" || strings.HasPrefix(h.String(), "-") || h.Port < 0 || h.Port > 65535 {
			t.Errorf("%q: %+v", word, h)
		}
		bare := Host{User: h.User, Name: h.Name}
		if again, err := ParseHost(h.String()); err != nil || again != bare {
			t.Errorf("String %q reads as %+v, %v", h.String(), again, err)
		}
		if again, err := ParseHost("ssh://" + h.Authority()); err != nil || again != bare {
			t.Errorf("Authority %q reads as %+v, %v", h.Authority(), again, err)
		}
	})
}

func FuzzParseEndpoint(f *testing.F) {
	f.Add("hostname a\nport 22\nidentityfile ~/\nuserknownhostsfile a /b  c ~d\n")
	f.Add("port 99999\n")
	f.Fuzz(func(t *testing.T, text string) {
		e, err := parseEndpoint(text, "/home/ann")
		if err == nil && (e.HostName == "" || e.Port < 1 || e.Port > 65535) {
			t.Errorf("%+v", e)
		}
		printable(t, reflect.ValueOf(e))
		if broken, ok := parseConfigError(text); ok {
			printable(t, reflect.ValueOf(broken))
		}
	})
}

func FuzzDiagnose(f *testing.F) {
	seedFiles(f, "../testdata/ssh_log/*.log")
	f.Add("debug1: Executing proxy command: exec \n")
	f.Add("debug1: Setting implicit ProxyCommand from ProxyJump: ssh \ndebug1: Executing proxy command: exec x -W '[' y\nchannel 0: open failed: x")
	f.Fuzz(func(t *testing.T, log string) {
		got := Diagnose(log)
		printable(t, reflect.ValueOf(got))
		if got.Kind == "" {
			t.Errorf("%+v", got)
		}
		if got.Remove != nil && got.Kind != HostKeyChanged && got.Cause != HostKeyChanged {
			t.Errorf("a command to remove a key that has not changed: %+v", got)
		}
	})
}
