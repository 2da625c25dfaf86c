package ssh

import (
	"context"
	"errors"
	"nixhop/nixexec"
)

// Failed is the status that ssh ends with where the connection failed, not the command (ssh(1)).
const Failed = 255

// FreshCommand returns words as a command on the host, over a connection of its own that nothing else uses: a new
// login. The key of the host must be one that is on record, whatever the user's options say. It asks nothing unless
// asks is set.
func FreshCommand(o MasterOptions, asks bool, words ...string) nixexec.Command {
	o.Batch = !asks
	argv := []string{"ssh", "-o", "ControlPath=none", "-o", "ControlMaster=no", "-o", "StrictHostKeyChecking=yes"}
	argv = append(argv, common(o, sharingRejected(o))...)
	argv = append(argv, "-o", "RemoteCommand=none", "-o", "RequestTTY=no", "--", o.Host)
	for _, word := range words {
		argv = append(argv, nixexec.Quote(word))
	}
	return nixexec.Command{Argv: argv}
}

// Hold runs script on the host as Script does, until it prints the line until, and returns what it printed up to
// there. The session stays, as the lifeline of the connection: the master ends fifteen seconds after its last session,
// so this one keeps it for the length of a build, and lets it go when this process ends, however that happens.
// The session is released by Close, or by the next Hold that succeeds. The errors are those of nixexec.Hold.
func (m *Master) Hold(ctx context.Context, script, until string, limit int) ([]byte, error) {
	held, data, err := nixexec.Hold(ctx, m.Script(nil, script), until, limit)
	if err != nil {
		return data, err
	}
	m.mu.Lock()
	closed := m.closed
	last := m.held
	if !closed {
		m.held = held
	}
	m.mu.Unlock()
	if closed {
		_ = held.Release()
		return data, errors.New("the connection was closed")
	}
	if last != nil {
		_ = last.Release()
	}
	return data, nil
}
