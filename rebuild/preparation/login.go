package preparation

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"nixhop/nixexec"
	"nixhop/rebuild/check"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
	"nixhop/sshcfg"
)

// resolve asks ssh what it makes of the host.
func (p *preparation) resolve(ctx context.Context) error {
	e, err := sshcfg.Resolve(ctx, p.host.String(), p.request.SSHConfig, p.port())
	if refused, is := check.Refused(p.host.String(), err); is {
		return p.refuse(refused)
	}
	p.endpoint = e
	return err
}

// port are the words for ssh that say which port was typed.
func (p *preparation) port() []string {
	if p.host.Port == 0 {
		return nil
	}
	return []string{"-p", strconv.Itoa(p.host.Port)}
}

// refuse says why it does not go on.
func (p *preparation) refuse(found report.Finding) error {
	p.world.Say.For(p.host.String()).Find(found, p.request.Call())
	return report.Refuse([]report.Finding{found})
}

// program is a program of ssh's for the host, under the ssh config in use.
func (p *preparation) program(name string, words ...string) []string {
	argv := []string{name}
	if p.request.SSHConfig != "" {
		argv = append(argv, "-F", p.request.SSHConfig)
	}
	return append(append(argv, p.port()...), words...)
}

// ssh is an ssh that does nothing on the host, over a connection of its own: one that is there would tell nothing of a
// login.
func (p *preparation) ssh(words ...string) []string {
	words = append(words, "-o", "ControlMaster=no", "-o", "ControlPath=none", "-o", "RemoteCommand=none", "--", p.host.String(), "true")
	return p.program("ssh", words...)
}

// copyArgv brings the user's key to the host. ssh-copy-id itself knows no IdentityFile of the config.
func (p *preparation) copyArgv() []string {
	var key []string
	for _, file := range p.endpoint.IdentityFiles {
		if nixexec.Exists(file + ".pub") {
			key = []string{"-i", file}
			break
		}
	}
	return p.program("ssh-copy-id", append(key, p.host.String())...)
}

// look tries to log in, without a question and without learning a key: nil where that works.
func (p *preparation) look(ctx context.Context) (*sshcfg.Failure, error) {
	seconds := strconv.Itoa(int(p.request.ConnectTimeout.Seconds()))
	argv := p.ssh("-v", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "-o", "ConnectTimeout="+seconds)
	_, err := nixexec.Output(ctx, nixexec.Command{Argv: argv})
	var exit *nixexec.ExitError
	if err == nil || !errors.As(err, &exit) || nixexec.Interrupted(err) {
		return nil, err
	}
	failure := sshcfg.Diagnose(exit.Stderr)
	return &failure, nil
}

// letIn takes the second and the third step, as far as they are left to be taken: what ssh says decides that each time.
// A step that is skipped ends them.
func (p *preparation) letIn(ctx context.Context) error {
	taken := map[sshcfg.FailureKind]bool{}
	for {
		failure, err := p.look(ctx)
		switch {
		case err != nil:
			return err
		case failure == nil:
			p.world.Say.Info(fmt.Sprintf("ssh knows the key of %s, and logs in as %s without a question", p.host.Name, p.endpoint.User))
			return nil
		case failure.Accepted():
			p.world.Say.Info(fmt.Sprintf("%s takes your key, for which ssh asks each time; ssh-add would spare that", p.host.Name))
			return nil
		}
		var step func(context.Context, sshcfg.Failure) (skipped bool, err error)
		switch failure.Kind {
		case sshcfg.HostKeyUnknown:
			step = p.learnKey
		case sshcfg.Denied, sshcfg.TooManyFailures:
			step = p.copyKey
		}
		if step == nil || taken[failure.Kind] {
			login := check.Login{Alias: p.host.String(), Endpoint: p.endpoint, PublicKey: facts.PublicKey(p.endpoint), SudoUser: p.world.Env("SUDO_USER")}
			return p.refuse(check.Connection(login, *failure))
		}
		taken[failure.Kind] = true
		if skipped, err := step(ctx, *failure); skipped || err != nil {
			return err
		}
	}
}

// learnKey has ssh ask about the key of the host, and show its fingerprint; nobody else says yes to that. It logs
// nobody in.
func (p *preparation) learnKey(ctx context.Context, f sshcfg.Failure) (skipped bool, err error) {
	p.world.Say.Print(p.keyStep(f.Key))
	yes, err := p.world.Ask.Agree(ctx, "have ssh ask about that key?")
	if err != nil || !yes {
		return true, err
	}
	dir, err := os.MkdirTemp("", "nixhop-init-")
	if err != nil {
		return true, fmt.Errorf("making a place for ssh's log: %w", err)
	}
	defer os.RemoveAll(dir)
	// ssh says there that nobody was let in, which nobody has asked for yet.
	return false, p.foreground(ctx, p.ssh("-E", filepath.Join(dir, "log"), "-o", "PreferredAuthentications=none"))
}

// copyKey has ssh-copy-id bring the user's key to the host, which asks for the password there; where there is none to
// bring, one is made before.
func (p *preparation) copyKey(ctx context.Context, f sshcfg.Failure) (skipped bool, err error) {
	if facts.PublicKey(p.endpoint) == "" && f.Agent.Keys == 0 {
		yes, err := p.world.Ask.Agree(ctx, "for the login there is no key of yours yet; run ssh-keygen -t ed25519?")
		if err != nil {
			return true, err
		}
		if yes {
			if err := p.foreground(ctx, []string{"ssh-keygen", "-t", "ed25519"}); err != nil {
				return true, err
			}
		}
	}
	p.world.Say.Print(p.loginStep())
	yes, err := p.world.Ask.Agree(ctx, "run ssh-copy-id?")
	if err != nil || !yes {
		return true, err
	}
	return false, p.foreground(ctx, p.copyArgv())
}

// foreground runs a program that asks on the terminal what it has to ask. That it fails is told by what ssh says then.
func (p *preparation) foreground(ctx context.Context, argv []string) error {
	defer p.world.Say.Pause()()
	err := nixexec.Run(ctx, nixexec.Command{Argv: argv}, p.stdio)
	var exit *nixexec.ExitError
	if errors.As(err, &exit) && !nixexec.Interrupted(err) {
		return nil
	}
	return err
}
