package nixexec

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// unsettled bounds how long settle waits: where the keyboard's signals are blocked for good, nothing ever takes them,
// and where the system does not tell (it has no /proc), a signal that was sent before is taken within that time. Only a
// child that has failed is waited for so long there: others, which are most, may have noticed nothing of any.
const unsettled = 100 * time.Millisecond

// settle returns when a signal of the keyboard that was sent to this process before has come to all who catch it. The
// terminal sends one to all at once, so that of a child that has ended by it was sent here, too, before it ended.
func settle(failed bool) {
	taken(keyboard(), failed)
	_, release := catch(keyboard())
	release() // waits until what has been taken is handed on (signal.Stop)
}

// taken returns when none of these signals that was sent to this process before is on its way any more. Until then it
// may be pending for the process, or in the hands of a thread that is in its handler, with all signals blocked; from
// there on package os/signal knows of it, or this process has ended by it. unknown tells whether one may be where the
// system does not.
func taken(signals []syscall.Signal, unknown bool) {
	for end := time.Now().Add(unsettled); underWay(signals, unknown) && time.Now().Before(end); {
		time.Sleep(100 * time.Microsecond)
	}
}

// underWay reports whether a signal may be on its way to this process (proc(5), /proc/pid/status); unknown is the
// answer where the system does not tell.
func underWay(signals []syscall.Signal, unknown bool) bool {
	threads, err := filepath.Glob("/proc/self/task/*/status")
	if err != nil || len(threads) == 0 {
		return unknown
	}
	for _, thread := range threads {
		status, _ := os.ReadFile(thread) // it may have ended
		for line := range bytes.Lines(status) {
			name, mask, _ := bytes.Cut(line, []byte(":"))
			switch string(name) {
			case "SigPnd", "ShdPnd", "SigBlk":
				if holds(string(bytes.TrimSpace(mask)), signals) {
					return true
				}
			}
		}
	}
	return false
}

// holds reports whether a mask of signals, in hexadecimal digits, has one of these.
func holds(mask string, signals []syscall.Signal) bool {
	set, err := strconv.ParseUint(mask, 16, 64)
	for _, s := range signals {
		if err == nil && set&(1<<(s-1)) != 0 {
			return true
		}
	}
	return false
}
