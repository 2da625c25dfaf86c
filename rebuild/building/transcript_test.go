package building

import (
	"strings"
	"testing"

	"nixhop/rebuild/report"
)

// said is what Nix 2.8 says of three hosts, of which one fails by itself, and a dependency of another is built first.
const said = `@nix {"action":"msg","level":3,"msg":"these 4 derivations will be built:"}
@nix {"action":"msg","level":3,"msg":"  /nix/store/00000000000000000000000000000000-dep.drv"}
@nix {"action":"msg","level":3,"msg":"  /nix/store/00000000000000000000000000000000-a.drv"}
@nix {"action":"start","id":71012989272065,"level":0,"text":"","type":102}
@nix {"action":"result","fields":[0,1,0,0],"id":71012989272065,"type":105}
@nix {"action":"start","fields":["/nix/store/00000000000000000000000000000000-c.drv","",1,1],"id":72,"level":3,"parent":0,"text":"building '/nix/store/00000000000000000000000000000000-c.drv'","type":105}
@nix {"action":"result","fields":["c fails"],"id":72,"type":101}
@nix {"action":"msg","column":null,"file":null,"level":0,"line":null,"msg":"\u001b[31;1merror:\u001b[0m builder for '\u001b[35;1m/nix/store/00000000000000000000000000000000-c.drv\u001b[0m' failed with exit code 3","raw_msg":""}
@nix {"action":"stop","id":72}
@nix {"action":"start","fields":["/nix/store/00000000000000000000000000000000-b.drv","",1,1],"id":73,"level":3,"parent":0,"text":"building '/nix/store/00000000000000000000000000000000-b.drv'","type":105}
@nix {"action":"result","fields":["b says hi"],"id":73,"type":101}
@nix {"action":"stop","id":73}
`

// heardBy has a transcript for systems take lines, and returns what each was told, and what has failed for it.
func heardBy(systems []string, files map[string]string, lines ...string) (told, endings []string) {
	told = make([]string, len(systems))
	t := newTranscript(nil)
	t.needs = newNeeds(systems)
	t.needs.text = func(d string) []byte { return []byte(files[d]) }
	t.seen, t.others = make([]bool, len(systems)), make([]bool, len(systems))
	for i := range systems {
		t.say = append(t.say, func(e report.Event) { told[i] += e.Text })
	}
	for _, line := range lines {
		t.take(line)
	}
	for i := range systems {
		endings = append(endings, t.ending(i))
	}
	return told, endings
}

// What fails for several hosts is told to each of them, and not to others; what only goes on is told to one.
func TestSharedFailure(t *testing.T) {
	dep, other := drv("dep"), drv("other")
	files := map[string]string{drv("a"): `Derive([("out")],[("` + dep + `",["out"])])`, drv("b"): `[("` + dep + `",["out"])]`, drv("c"): other}
	start := func(id, d string) string {
		return `@nix {"action":"start","fields":["` + d + `","",1,1],"id":` + id + `,"level":3,"text":"building '` + d + `'","type":105}`
	}
	told, endings := heardBy([]string{drv("a"), drv("b"), drv("c")}, files,
		`@nix {"action":"msg","level":3,"msg":"these 2 derivations will be built:"}`,
		`@nix {"action":"msg","level":3,"msg":"  `+dep+`"}`,
		`@nix {"action":"msg","level":3,"msg":"  `+other+`"}`,
		start("1", other), start("2", dep),
		`@nix {"action":"result","fields":["dep says"],"id":2,"type":101}`,
		`@nix {"action":"result","fields":["other says"],"id":1,"type":101}`,
		`@nix {"action":"stop","id":2}`, `@nix {"action":"stop","id":1}`,
		`@nix {"action":"msg","level":0,"msg":"error: builder for '`+dep+`' failed"}`,
		`@nix {"action":"msg","level":0,"msg":"error: 1 dependencies of derivation '`+drv("b")+`' failed to build"}`,
		`@nix {"action":"msg","level":0,"msg":"error: build of '`+drv("a")+`', '`+drv("b")+`' failed"}`)
	failed := "dep says\nerror: builder for '" + dep + "' failed\n"
	more := "error: 1 dependencies of derivation '" + drv("b") + "' failed to build\n"
	if endings[0] != failed || endings[1] != failed+more || endings[2] != "" {
		t.Errorf("failed: %q", endings)
	}
	want := []string{
		"these 2 derivations will be built:\n  " + dep + "\n  " + other + "\nbuilding '" + dep + "'...\n" + failed,
		more + failed + more,
		"building '" + other + "'...\nother says\n",
	}
	for i := range want {
		if told[i] != want[i] {
			t.Errorf("%d was told %q, want %q", i, told[i], want[i])
		}
	}
}

// What will be built is told to the first host that it is built for, with its heading.
func TestList(t *testing.T) {
	line := func(text string) string { return `@nix {"action":"msg","level":3,"msg":"` + text + `"}` }
	told, _ := heardBy([]string{drv("a"), drv("b")}, nil,
		line("this derivation will be built:"), line("  "+drv("b")), line("this path will be fetched (1 MiB):"), line("  /nix/store/x"))
	for i, want := range []string{
		"this path will be fetched (1 MiB):\n  /nix/store/x\n", "this derivation will be built:\n  " + drv("b") + "\n",
	} {
		if told[i] != want {
			t.Errorf("%d was told %q, want %q", i, told[i], want)
		}
	}
}

// What is about no derivation is told to each host that has failed, and lines of other programs go through.
func TestCommonFailure(t *testing.T) {
	told, endings := heardBy([]string{drv("a"), drv("b")}, nil,
		"ssh: something", `@nix {"action":"msg","level":1,"msg":"warning: a tree"}`, "@nix {broken",
		`@nix {"action":"start","id":5,"level":4,"text":"downloading","type":101}`,
		`@nix {"action":"start","id":6,"level":3,"text":"copying path 'x'","type":100}`,
		`@nix {"action":"result","fields":["of nobody"],"id":9,"type":101}`,
		`@nix {"action":"msg","level":0,"msg":"error: cannot connect to daemon"}`)
	const failed = "error: cannot connect to daemon\n"
	if endings[0] != failed || endings[1] != failed {
		t.Errorf("failed: %q", endings)
	}
	if want := "ssh: something\nwarning: a tree\n@nix {broken\ncopying path 'x'...\n" + failed; told[0] != want || told[1] != failed {
		t.Errorf("told %q", told)
	}
}

// Logs of builds that have ended are kept for a while, and no longer.
func TestEndedLogs(t *testing.T) {
	var lines []string
	for range 3 * endedLogs {
		lines = append(lines, `@nix {"action":"start","fields":["`+drv("a")+`"],"id":1,"level":3,"type":105}`,
			`@nix {"action":"result","fields":["`+strings.Repeat("x", 100)+`"],"id":1,"type":101}`, `@nix {"action":"stop","id":1}`)
	}
	tr := newTranscript(nil)
	tr.needs, tr.say, tr.seen = newNeeds([]string{drv("a")}), []report.Sink{func(report.Event) {}}, make([]bool, 1)
	for _, line := range lines {
		tr.take(line)
	}
	if len(tr.ended) != endedLogs || len(tr.running) != 0 {
		t.Errorf("%d and %d logs are kept", len(tr.ended), len(tr.running))
	}
}
