package preparation

import (
	"cmp"
	"fmt"
	"net/netip"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/check"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/included"
	"nixhop/rebuild/report"
	"nixhop/sshcfg"
)

// block is the alias of the host as it is written; false: nobody has said where the host is.
func (p *preparation) block() (b included.Block, ok bool) {
	to := p.address
	to.User = cmp.Or(to.User, p.host.User)
	to.Port = cmp.Or(to.Port, p.host.Port)
	return included.Block{Name: p.host.Name, To: to}, to.Name != ""
}

// known reports whether the host needs no alias: the ssh config speaks of its name, or it is an address.
func (p *preparation) known() bool {
	return p.inventory.Matches(p.host.Name) || p.isAddress()
}

// isAddress reports whether the host was typed as an address.
func (p *preparation) isAddress() bool {
	_, err := netip.ParseAddr(p.host.Name)
	return err == nil
}

// aliasStep is the first step: what ssh calls the host.
func (p *preparation) aliasStep() string {
	if a, listed := p.inventory.Find(p.host.Name); listed {
		leads := ""
		if to := p.inventory.Describe(a.Name); to != "" {
			leads = ", which leads to " + to
		}
		text := fmt.Sprintf("1. The alias. %s:%d has it%s.\n", a.File, a.Line, leads)
		if p.address.Name != "" {
			text += "   It stays as it is: --address counts for an alias that is not there yet.\n"
		}
		return text + "\n"
	}
	b, ok := p.block()
	switch {
	case !ok && p.isAddress():
		return fmt.Sprintf("1. The alias. There is none: ssh goes to the address as it is. To have one:\n\n%s\n",
			shown(p.request.On("NAME").Offer(report.Nixhop("init", "NAME", "--address", p.host.Authority()))))
	case !ok && p.known():
		return fmt.Sprintf("1. The alias. A pattern of the ssh config speaks of %s.\n\n", p.host.Name)
	case !ok:
		return fmt.Sprintf("1. The alias. The ssh config has none, so that ssh looks for a host that is called %s. To have one:\n\n%s\n",
			p.host.Name, shown(p.request.Offer(report.Nixhop("init", p.request.Hosts[0].Word, "--address", "ADDRESS"))))
	}
	return fmt.Sprintf("1. The alias, in %s:\n\n%s\n   and at the beginning of %s, where it is not there yet:\n\n%s\n",
		p.file.Path, shown(strings.TrimSpace(included.Text([]included.Block{b}))), p.file.Config, shown(p.file.Line))
}

// keyStep is the second step: who the host is. key is the one that it shows; empty: nobody has looked.
func (p *preparation) keyStep(key sshcfg.HostKey) string {
	compare := shown("ssh-keygen -lf " + check.HostKeyFile(key.Type))
	if key.Fingerprint == "" {
		return fmt.Sprintf("2. The host's key. This has ssh show its fingerprint, and ask whether it is the right one:\n\n%s\n"+
			"   At the host itself this prints it:\n\n%s\n", shown(p.request.Offer(report.SSH(p.host.String(), "true"))), compare)
	}
	return fmt.Sprintf("2. The host's key. It shows\n\n%s\n   and ssh asks whether that is the right one. At the host itself this prints it:\n\n%s\n",
		shown(nixexec.Printable(key.Type+" "+key.Fingerprint)), compare)
}

// loginStep is the third step: the user's key on the host.
func (p *preparation) loginStep() string {
	user := p.endpoint.User
	if _, listed := p.inventory.Find(p.host.Name); !listed {
		user = cmp.Or(p.host.User, p.address.User, user) // as its alias will have it
	}
	line := check.AuthorizedKey(user, facts.PublicKey(p.endpoint))
	return fmt.Sprintf("3. The login. Your key comes there by\n\n%s\n   or by a line of the host's configuration:\n\n%s\n",
		shown(nixexec.ShellWords(p.copyArgv())), shown(p.request.Offer(line)))
}

// checkStep is the last one.
func (p *preparation) checkStep() string {
	check := p.request.As("check", "--address").Offer(report.Again())
	deploy := p.request.As("switch", "--address").Offer(report.Again())
	return fmt.Sprintf("4. The check, and the first deployment:\n\n%s%s\n", shown(check), shown(deploy))
}

// shown are lines as they stand among the text of a step.
func shown(text string) string { return nixexec.Prefixed("     ", strings.TrimSuffix(text, "\n")) }
