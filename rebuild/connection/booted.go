package connection

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"nixhop/nixexec"
	"nixhop/nixexec/ssh"
	"nixhop/sshcfg"
)

// The pauses between two tries of a host that boots.
const (
	bootPause    = time.Second
	bootPauseMax = 5 * time.Second
)

// bootScript tells which boot of a host this is: by the number that Linux has for it, and by when its first process was
// started, for a container may share the kernel of others, and with it that number (proc(5): the 22nd field is the 20th
// behind the name).
const bootScript = `printf 'boot=%s\n' "$(cat ` + bootIDFile + ` 2>/dev/null)"
if [ -r /proc/1/stat ] && IFS= read -r first </proc/1/stat; then printf 'init=%s\n' "${first##*) }"; fi
if [ -e /run/booted-system ]; then echo up=yes; fi
`

// Boot is one boot of a host: BootOf.
type Boot struct {
	ID, Init string
	Up       bool // its system has begun to come up; an initrd may let a login in, too
}

// BootOf reads what a host has told of its boot; lines that say nothing of it are left out.
func BootOf(text string) (b Boot) {
	for line := range strings.Lines(text) {
		switch key, value, _ := strings.Cut(strings.TrimSpace(line), "="); key {
		case "boot":
			b.ID = value
		case "init":
			if fields := strings.Fields(value); len(fields) > 19 {
				b.Init = fields[19]
			}
		case "up":
			b.Up = value == "yes"
		}
	}
	return b
}

// Other reports whether a host was booted between the two: what one of them does not tell says nothing.
func (b Boot) Other(later Boot) bool {
	return b.ID != "" && later.ID != "" && b.ID != later.ID || b.Init != "" && later.Init != "" && b.Init != later.Init
}

// Boot asks the host which boot it is in. The errors are those of nixexec.Output.
func (l *Link) Boot(ctx context.Context) (Boot, error) {
	ctx, cancel := context.WithTimeout(ctx, AnswerTime)
	defer cancel()
	out, err := nixexec.Output(ctx, l.current().Script(nil, bootScript))
	return BootOf(string(out)), err
}

// Booted waits, so long at most, until the host was booted since before, and lets a login in, and makes that the
// connection. Somebody is asked only once the host was seen to be gone. A machine that shows another key is not talked
// to, and waited for: the initrd of a host may have a sshd of its own. why says in words what was in the way of the
// last try; empty: it is back. The error is why the run was stopped.
func (l *Link) Booted(ctx context.Context, before Boot, patience time.Duration, somebody bool) (why string, err error) {
	l.current().Close()
	options := l.Machine.Master
	options.Batch = true
	if options.ConnectTimeout == 0 {
		options.ConnectTimeout = reconnectWait
	}
	gone, deadline := false, time.Now().Add(patience)
	for pause := bootPause; ; pause = min(2*pause, bootPauseMax) {
		master, key, failure, err := l.network.reach(ctx, options)
		switch {
		case err != nil && context.Cause(ctx) != nil:
			return "", context.Cause(ctx)
		case err != nil:
			why = err.Error()
		case failure != nil:
			gone = gone || slices.Contains(comesBack, failure.Kind)
			options.Batch = !(somebody && gone && failure.Kind == sshcfg.Denied)
			why = cmp.Or(failure.Text, string(failure.Kind))
		case key.Fingerprint != l.key.Fingerprint:
			master.Close()
			why = "what answers shows another host key"
		default:
			boot, asked := l.anew(ctx, master)
			switch other := before.Other(boot); {
			case asked != nil:
				why = "it lets a login in, and no session"
			case other && boot.Up:
				return "", nil
			case other:
				why = "it lets a login in, and its system has not come up"
			default:
				why = "it has not gone down"
			}
			master.Close()
		}
		if !time.Now().Before(deadline) {
			return why, nil
		}
		select {
		case <-ctx.Done():
			return "", context.Cause(ctx)
		case <-time.After(min(pause, time.Until(deadline))):
		}
	}
}

// anew makes a connection the one to the host, which may be in another boot than the one in which it has told what it
// is like.
func (l *Link) anew(ctx context.Context, master *ssh.Master) (Boot, error) {
	l.mu.Lock()
	l.master = master
	l.mu.Unlock()
	boot, err := l.Boot(ctx)
	if err == nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.bootID, l.probes = boot.ID, map[query]*probing{}
	}
	return boot, err
}
