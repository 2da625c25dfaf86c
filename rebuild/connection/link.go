package connection

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"nixhop/nixexec"
	"nixhop/nixexec/ssh"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/explain"
	"nixhop/sshcfg"
)

// Link is the one connection to a host.
type Link struct {
	Machine *decision.Machine
	network *Network

	mu     sync.Mutex
	master *ssh.Master
	probes map[query]*probing
	key    sshcfg.HostKey // that the machine showed; empty: ssh did not tell
	trip   trip
	bootID string // that it told with the first probe; empty: it did not
}

// opening is a connection that somebody opens; others who want it wait for that.
type opening struct {
	once    sync.Once
	link    *Link
	failure *sshcfg.Failure
	err     error
}

// Open opens the one connection to a host, in the foreground so that ssh can ask; whoever asks for the host again gets
// the same one. A failure is why there is no connection; an error has nothing to do with the host. Ctrl-C ends ssh,
// too: it may not have been there yet when it was pressed, and would try for as long as it has patience.
func (n *Network) Open(ctx context.Context, m *decision.Machine) (*Link, *sshcfg.Failure, error) {
	n.mu.Lock()
	word := m.Host.String()
	o := n.links[word]
	if o == nil {
		o = &opening{}
		n.links[word] = o
	}
	turn := n.turns[m.Master.Dir]
	if turn == nil {
		turn = &sync.Mutex{}
		n.turns[m.Master.Dir] = turn
	}
	n.mu.Unlock()
	o.once.Do(func() {
		turn.Lock()
		defer turn.Unlock()
		master, key, failure, err := n.persist(ctx, m.Master)
		o.failure, o.err = failure, err
		if master == nil {
			return
		}
		o.link = &Link{Machine: m, network: n, master: master, key: key, probes: map[query]*probing{}}
		n.mu.Lock()
		n.open = append(n.open, o.link)
		n.mu.Unlock()
	})
	return o.link, o.failure, o.err
}

// persist is reach; of many hosts, what sshd has dropped is tried again a few times.
func (n *Network) persist(ctx context.Context, options ssh.MasterOptions) (*ssh.Master, sshcfg.HostKey, *sshcfg.Failure, error) {
	for tries := 1; ; tries++ {
		master, key, failure, err := n.reach(ctx, options)
		if failure == nil || !n.options.Batch {
			return master, key, failure, err
		}
		pause, again := retry(*failure, tries)
		if !again && n.options.Person != nil && needsPerson(*failure) {
			return n.attended(ctx, options)
		}
		if !again {
			return master, key, failure, err
		}
		select {
		case <-ctx.Done():
			return nil, key, nil, context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// attended is reach with somebody at the terminal, for one host after another.
func (n *Network) attended(ctx context.Context, options ssh.MasterOptions) (*ssh.Master, sshcfg.HostKey, *sshcfg.Failure, error) {
	n.asking.Lock()
	defer n.asking.Unlock()
	if err := context.Cause(ctx); err != nil {
		return nil, sshcfg.HostKey{}, nil, err
	}
	defer n.options.Person(options.Host)()
	options.Batch = false
	return n.reach(ctx, options)
}

// needsPerson reports whether a host may let somebody in who is there to be asked: for a password or a passphrase, for
// a touch, or whether its key is the right one.
func needsPerson(failure sshcfg.Failure) bool {
	return failure.Kind == sshcfg.Denied || failure.Kind == sshcfg.HostKeyUnknown
}

// reach opens a connection, and tells the key of the machine at its other end.
func (n *Network) reach(ctx context.Context, options ssh.MasterOptions) (*ssh.Master, sshcfg.HostKey, *sshcfg.Failure, error) {
	master, log, err := ssh.Open(ctx, options, n.options.Stdio)
	if err == nil {
		return master, sshcfg.ShownKey(log), nil, nil
	}
	var missing *nixexec.NotFoundError
	if errors.As(err, &missing) || ctx.Err() != nil || nixexec.Interrupted(err) {
		return nil, sshcfg.HostKey{}, nil, err
	}
	failure := sshcfg.Diagnose(log)
	if errors.Is(err, ssh.ErrNoLogin) {
		failure.Kind = sshcfg.TimedOut
	}
	if failure.Kind == sshcfg.UnknownFailure {
		// A log that could not be written says nothing of the host.
		if full := ssh.TryRoom(options.Dir); full != nil {
			return nil, sshcfg.HostKey{}, nil, fmt.Errorf("connecting to %q: %w", options.Host, full)
		}
	}
	return nil, sshcfg.HostKey{}, &failure, nil
}

// Command is a command on the host, over its connection.
func (l *Link) Command(words ...string) nixexec.Command { return l.current().Command(words...) }

// Script is a script for the shell of the host, over its connection; elevate are the words in front of that shell.
func (l *Link) Script(elevate []string, script string) nixexec.Command {
	return l.current().Script(elevate, script)
}

// Attend runs a script on the host until it prints the line until, and leaves it there with its input open until it is
// released, or this process has ended. It returns what was printed up to there. The errors are those of nixexec.Hold.
func (l *Link) Attend(ctx context.Context, script nixexec.Command, until string) (*nixexec.Held, []byte, error) {
	late := errors.New("the host has not answered in time")
	ctx, cancel := context.WithTimeoutCause(ctx, AnswerTimeMax, late)
	defer cancel()
	return nixexec.Hold(ctx, script, until, attendLimit)
}

// attendLimit bounds what such a script prints, in bytes.
const attendLimit = 64 << 10

// Alive reports whether the connection still holds.
func (l *Link) Alive(ctx context.Context) bool { return l.current().Alive(ctx) }

// Patience is how long the host is tried again when its connection is lost.
func (l *Link) Patience() time.Duration { return l.network.options.ReconnectTimeout }

// ForcedCommand is the line of authorized_keys on the host by which the login runs one command whatever it asks for;
// empty: none that is known.
func (l *Link) ForcedCommand() string { return sshcfg.ForcedCommand(l.current().Log()) }

// Sent are the commands that were asked for over the connection that there is now, or was last (ssh.Master.Sent).
func (l *Link) Sent() []string { return l.current().Sent() }

func (l *Link) current() *ssh.Master {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.master
}

// The pauses between two tries of a connection that was lost: a sshd that is restarted is back in a second, and a host
// that boots is not asked more often than it helps.
const (
	reconnectPause    = time.Second
	reconnectPauseMax = 8 * time.Second
	reconnectWait     = 5 * time.Second // for one try, where the user has set no other time
)

// comesBack lists the failures that go by while a host changes its network.
var comesBack = []sshcfg.FailureKind{
	sshcfg.Refused, sshcfg.TimedOut, sshcfg.Unreachable, sshcfg.Unresolved, sshcfg.JumpFailed, sshcfg.Kex, sshcfg.UnknownFailure,
}

// The errors of a connection that was lost and could not be made again.
var (
	ErrNotReached = errors.New("the host is not reached any more")
	ErrOther      = errors.New("another machine answers in its place")
	ErrRebooted   = errors.New(explain.Replaced)
)

// End ends the connection, and with it what runs here over it. An ssh that is told to end waits for its command there.
func (l *Link) End() { l.current().Close() }

// Reconnect opens a connection anew that was lost, and tries that for a while. It asks nothing unless the host lets
// nobody in otherwise and somebody is there. What shows another host key than the machine that was checked is not
// talked to. The errors are ErrNotReached, ErrOther and that of a run that was stopped.
func (l *Link) Reconnect(ctx context.Context, somebody bool) error {
	l.current().Close()
	options := l.Machine.Master
	options.Batch = true
	if options.ConnectTimeout == 0 {
		options.ConnectTimeout = reconnectWait
	}
	deadline := time.Now().Add(l.network.options.ReconnectTimeout)
	for pause := reconnectPause; ; pause = min(2*pause, reconnectPauseMax) {
		master, key, failure, err := l.network.reach(ctx, options)
		switch {
		case err != nil:
			return cmp.Or(context.Cause(ctx), ErrNotReached)
		case master != nil && key.Fingerprint != l.key.Fingerprint:
			master.Close()
			return ErrOther
		case master != nil:
			l.mu.Lock()
			l.master = master
			l.mu.Unlock()
			return nil
		case failure.Kind == sshcfg.Denied && options.Batch && somebody:
			options.Batch = false
			continue
		case failure.Kind == sshcfg.HostKeyChanged, failure.Kind == sshcfg.HostKeyRevoked:
			return ErrOther
		case !slices.Contains(comesBack, failure.Kind) || !time.Now().Before(deadline):
			return ErrNotReached
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(min(pause, time.Until(deadline))):
		}
	}
}

// bootIDFile is where Linux has a number that is new with each boot, and so no two machines have the same.
const bootIDFile = "/proc/sys/kernel/random/boot_id"

// Same makes sure that the machine at the other end is the one that was checked, and has not been booted since. The
// errors are ErrRebooted and those of nixexec.Output. One that told no boot id is known by its host key alone.
func (l *Link) Same(ctx context.Context) error {
	l.mu.Lock()
	bootID := l.bootID
	l.mu.Unlock()
	if bootID == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, AnswerTime)
	defer cancel()
	out, err := nixexec.Output(ctx, l.current().Script(nil, "cat "+bootIDFile+"\n"))
	if err == nil && !slices.Contains(strings.Fields(string(out)), bootID) {
		err = ErrRebooted
	}
	return err
}

// Keep sees to it that there is a connection to the machine that was checked: a new one where that was lost while it
// was not used. lost is called where one is to be made. The errors are those of Reconnect and Same.
func (l *Link) Keep(ctx context.Context, somebody bool, lost func()) error {
	if l.current().Alive(ctx) {
		return nil
	}
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	lost()
	if err := l.Reconnect(ctx, somebody); err != nil {
		return err
	}
	return l.Same(ctx)
}
