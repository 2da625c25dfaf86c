//go:build soak && lab

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestSoakGuard activates systems with a fault, on hosts side by side, at random and after a random while: no host is
// lost, what a run ends with is what its host is like, and nothing is left there. SOAK_GUARDS is how many (default
// 200).
func TestSoakGuard(t *testing.T) {
	runs, seed := 200, uint64(time.Now().UnixNano())
	if n, err := strconv.Atoi(os.Getenv("SOAK_GUARDS")); err == nil {
		runs = n
	}
	if n, err := strconv.ParseUint(os.Getenv("SOAK_SEED"), 10, 64); err == nil {
		seed = n
	}
	t.Logf("SOAK_SEED=%d", seed)
	l := startLab(t, "n1", "n2")
	var faults []guardFault
	for _, fault := range guardFaults() {
		if !strings.Contains(fault.name, "expected") { // whose port nobody takes back
			faults = append(faults, fault)
		}
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	left, lost, untrue := runs, 0, 0
	words := map[string]int{}
	for i, host := range l.hosts {
		random := rand.New(rand.NewPCG(seed, uint64(i)))
		all.Go(func() {
			for n := 0; ; n++ {
				mu.Lock()
				over := left == 0
				left = max(left-1, 0)
				mu.Unlock()
				if over {
					return
				}
				fault := faults[random.IntN(len(faults))]
				word, isLost, isUntrue := l.soakGuard(t, host, fault, time.Duration(random.Int64N(int64(2*time.Second))), n)
				mu.Lock()
				words[fault.name+": "+word]++
				lost, untrue = lost+isLost, untrue+isUntrue
				mu.Unlock()
			}
		})
	}
	all.Wait()
	t.Logf("%d activations; %d hosts lost, %d words untrue", runs, lost, untrue)
	for word, n := range words {
		t.Logf("%4d  %s", n, word)
	}
}

// soakGuard does one activation with a fault in it, and judges what the run has ended with.
func (l *lab) soakGuard(t *testing.T, host string, fault guardFault, after time.Duration, n int) (word string, lost, untrue int) {
	was := l.guardedBefore(t, host, fmt.Sprintf("soaked %d", n))
	dir := l.guardedSystem(t, host, fmt.Sprintf("soaked %d", n), fmt.Sprintf("sleep %.2f; ", after.Seconds())+fault.lines)
	system := l.build(t, dir, host)
	r := l.nixhop(t, dir, []string{"NIXHOP_GUARD=4"}, append([]string{"switch", host, "--engine", "native"}, fault.flags...)...)
	there := l.run(t, l.sshCommand(host, "readlink -f /run/current-system /nix/var/nix/profiles/system"))
	if there.code != 0 {
		t.Errorf("%s is lost: %s\n%s", host, fault.name, r.stderr)
		return "lost", 1, 0
	}
	want := map[int]string{0: system, 5: was}[r.code]
	if got := strings.TrimSpace(there.stdout); want == "" || got != want+"\n"+want {
		t.Errorf("%s: %s: status %d, and it has\n%s\n%s", host, fault.name, r.code, got, r.stderr)
		untrue = 1
	}
	l.unguarded(t, host)
	return fmt.Sprintf("status %d", r.code), 0, untrue
}
