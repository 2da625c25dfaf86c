package keys

import (
	"context"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/inventory"
	"nixhop/rebuild/remote"
	"nixhop/rebuild/report"
)

// Places are the findings of a node's keys before anything is built: of those that come before the activation, what
// their inventory says that cannot be, and what their host lacks for them. What comes behind the activation may find
// its place then. No key is made for it, and nothing of one is sent.
func Places(ctx context.Context, p remote.Performer, n *inventory.Node) []report.Finding {
	request := p.Job.Request
	if n == nil || len(n.Keys) == 0 || !request.SendsKeys() || request.NoCheck || p.Link == nil || p.Job.Password && p.Password.Empty() {
		return nil
	}
	host := p.Link.Machine.Host.String()
	if p.Job.Commands != nil {
		return []report.Finding{{
			Name: "key-place", Severity: report.Error, Host: host, What: "its keys cannot be sent: " + noShell,
			Remedy: []report.Remedy{report.Line(request.On("root@" + p.Link.Machine.Host.Name).Offer(report.Again()))},
		}}
	}
	k := &Ready{performer: p, kind: n.Form.Kind}
	var found []report.Finding
	for _, one := range n.Keys {
		if what, _ := wrong(one); what != "" {
			found = append(found, placeOf(host, one, what))
			continue
		}
		k.keys = append(k.keys, key{Key: one})
	}
	states, err := k.ask(ctx, "", false, func(one *key) nixexec.Secret { return one.looked("") })
	for one, told := range states {
		if one.state = told; one.fits() {
			continue
		}
		what, remedy := k.lack(one)
		f := placeOf(host, one.Key, what)
		f.Why, f.Remedy = k.later(one), remedy
		found = append(found, f)
	}
	if err != nil && context.Cause(ctx) == nil {
		found = append(found, report.Finding{
			Name: "key-place", Severity: report.Warning, Host: host,
			What: "nobody knows whether its keys can be written: " + nixexec.Printable(nixexec.FirstLine(strings.TrimSpace(err.Error()))),
		})
	}
	return found
}

// placeOf is a finding of one key.
func placeOf(host string, one inventory.Key, what string) report.Finding {
	return report.Finding{Name: "key-place", Severity: report.Error, Host: host, What: "key " + nixexec.Quoted(one.ID) + ": " + what}
}
