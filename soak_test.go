//go:build soak

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// soakRuns is how many runs are cut off while they are at it, of each way to cut one off alike.
const soakRuns = 200

// soakTime bounds all of it. Runs that it leaves no time for are missing, and the test says so.
const soakTime = 30 * time.Minute

// soaked is a host that deployments are cut off on.
type soaked struct {
	// deploy makes the command of a deployment of the next system by an engine, and tells that system.
	deploy func(t *testing.T, engine string) (cmd *exec.Cmd, system string)
	slow   func(t *testing.T, slow bool) // whether nix-env takes its time, which is slowness
	cut    func(t *testing.T)            // cuts the link
	rest   func(t *testing.T)            // waits until nothing of a deployment runs there any more
	state  func(t *testing.T) (runs, boots string)

	takes, slowness time.Duration // an activation from its copy on, about
}

// cutting is a way to cut off a run: by a signal to its process group as a terminal sends it, one to nixhop alone, or
// by the link.
type cutting struct {
	name   string
	signal syscall.Signal // 0: the link
	alone  bool
}

var cuttings = []cutting{
	{"Ctrl-C", syscall.SIGINT, false}, {"SIGTERM", syscall.SIGTERM, true}, {"SIGHUP", syscall.SIGHUP, true},
	{"SIGKILL", syscall.SIGKILL, true}, {"the link", 0, false},
}

// soakCounts is what has come of the runs.
type soakCounts struct {
	mu                      sync.Mutex
	runs, cut, untrue, mute int // cut: before they had ended
	words                   map[string]int
}

// Whenever a run is cut off, and however: what it says is true of the host once that is at rest, and no host runs one
// system and boots another without a word that says so (issue: at least 200 signals and lost links at random moments of
// a real activation).
func TestSoak(t *testing.T) {
	seed, err := strconv.ParseUint(os.Getenv("SOAK_SEED"), 10, 64)
	if err != nil {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("SOAK_SEED=%d", seed)
	counts := &soakCounts{words: map[string]int{}}
	end := time.Now().Add(soakTime)
	var all sync.WaitGroup
	for i, host := range soakedHosts(t) {
		random := rand.New(rand.NewPCG(seed, uint64(i)))
		all.Go(func() { soak(t, host, random, end, counts) })
	}
	all.Wait()
	t.Logf("%d runs, %d of them cut off; %d untrue words, %d hosts that differ without a word", counts.runs, counts.cut, counts.untrue, counts.mute)
	for word, n := range counts.words {
		t.Logf("%4d  %s", n, word)
	}
	if counts.cut < soakRuns {
		t.Errorf("only %d were cut off in %s", counts.cut, soakTime)
	}
}

// soak cuts off runs on a host until there are enough of them.
func soak(t *testing.T, host soaked, random *rand.Rand, end time.Time, counts *soakCounts) {
	for time.Now().Before(end) {
		counts.mu.Lock()
		n, enough := counts.runs, counts.cut >= soakRuns
		counts.runs++
		counts.mu.Unlock()
		if enough {
			return
		}
		how := cuttings[n%len(cuttings)]
		engine := []string{"native", "nixos-rebuild"}[n/len(cuttings)%2]
		slow := n/len(cuttings)/2%2 == 1
		host.slow(t, slow)
		window := host.takes
		if slow {
			window += host.slowness
		}
		cutOff(t, host, engine, how, time.Duration(random.Int64N(int64(window))), counts)
	}
}

// cutOff cuts off one run so long after its copy has begun, and judges it.
func cutOff(t *testing.T, host soaked, engine string, how cutting, after time.Duration, counts *soakCounts) {
	wasRunning, wasBooting := host.state(t)
	cmd, system := host.deploy(t, engine)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	said, copying, over, err := overhear(cmd)
	if err != nil {
		t.Error(err)
		return
	}
	<-copying
	time.Sleep(after) // the moment is what is tried
	struck := !over()
	switch {
	case how.signal == 0:
		host.cut(t)
	case how.alone:
		_ = cmd.Process.Signal(how.signal)
	default:
		_ = syscall.Kill(-cmd.Process.Pid, how.signal)
	}
	text := said()
	_ = cmd.Wait()
	host.rest(t)
	runs, boots := host.state(t)
	code := ended(cmd.ProcessState)
	word, untrue := judge(text, code, soakState{wasRunning, wasBooting, runs, boots, system})
	counts.mu.Lock()
	defer counts.mu.Unlock()
	if struck {
		counts.cut++
	}
	counts.words[word]++
	where := fmt.Sprintf("%s, %s after %s: exit status %d; it ran %s and runs %s, booted %s and boots %s, deployed was %s\n%s",
		engine, how.name, after, code, wasRunning, runs, wasBooting, boots, system, text)
	if untrue != "" {
		counts.untrue++
		t.Errorf("untrue, %s: %s", untrue, where)
	}
	// What is killed says nothing, and a nixos-rebuild below it goes on by itself, as far as it comes.
	differs := runs != boots && wasRunning == wasBooting
	changed := runs != wasRunning || boots != wasBooting
	killed := how.signal == syscall.SIGKILL
	if word == "nothing" && (!killed && changed || differs && !(killed && engine != "native")) {
		counts.mute++
		t.Errorf("without a word: %s", where)
	}
}

// overhear starts a command. said waits for all that it prints; copying is closed as soon as it copies, or ends; over
// tells whether it has ended.
func overhear(cmd *exec.Cmd) (said func() string, copying chan struct{}, over func() bool, err error) {
	ours, theirs, err := os.Pipe()
	if err != nil {
		return nil, nil, nil, err
	}
	cmd.Stdout, cmd.Stderr = theirs, theirs
	err = cmd.Start()
	theirs.Close()
	if err != nil {
		return nil, nil, nil, err
	}
	copying = make(chan struct{})
	var text bytes.Buffer
	all := make(chan struct{})
	go func() {
		defer close(all)
		defer ours.Close()
		begun := sync.OnceFunc(func() { close(copying) })
		defer begun()
		lines := bufio.NewScanner(ours)
		for lines.Scan() {
			text.WriteString(lines.Text() + "\n")
			if strings.Contains(lines.Text(), "copying ") {
				begun()
			}
		}
	}()
	over = func() bool {
		select {
		case <-all:
			return true
		default:
			return false
		}
	}
	return func() string { <-all; return text.String() }, copying, over, nil
}

// soakState is what a host was like before a run, and is like when it has come to rest.
type soakState struct{ wasRunning, wasBooting, runs, boots, deployed string }

// judge finds what a run has said of the host, and why that is not true; "" where it is.
func judge(said string, code int, s soakState) (word, untrue string) {
	same := s.runs == s.wasRunning && s.boots == s.wasBooting
	for _, claim := range []struct {
		text string
		true bool
	}{
		{"is not known, for", true},
		{"the activation went through", s.runs == s.deployed && s.boots == s.deployed},
		{"nixos-rebuild had ended well", s.runs == s.deployed && s.boots == s.deployed},
		{"was ended there before it was through", true},
		{"its profile was set to", s.runs != s.boots},
		{"is not ended by this", s.runs == s.deployed && s.boots == s.deployed},
		{"nothing was activated; the profile is set", s.runs == s.wasRunning && s.boots != s.wasBooting},
		{"runs now, but its activation was not seen to succeed", s.runs == s.deployed},
		{"runs now", s.runs == s.deployed},
		{"nothing was activated", same},
		{"nothing was changed", same},
		{"it runs and boots the same system as before", same},
		{" runs, generation ", s.runs == s.deployed && s.boots == s.deployed},
	} {
		if !strings.Contains(said, claim.text) {
			continue
		}
		if !claim.true {
			return claim.text, "it says " + strconv.Quote(claim.text)
		}
		return claim.text, ""
	}
	if code == 0 {
		if s.runs != s.deployed || s.boots != s.deployed {
			return "success", "its exit status is 0"
		}
		return "success", ""
	}
	return "nothing", ""
}

// makeSoakProgram makes nixhop of this package.
func makeSoakProgram(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "nixhop")
	if out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return path
}
