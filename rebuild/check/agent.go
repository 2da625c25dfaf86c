package check

import (
	"fmt"
	"slices"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
)

// mostKeys is how many keys of an agent ssh gets to offer: sshd ends the talk at the sixth wrong one (sshd_config(5),
// MaxAuthTries).
const mostKeys = 5

// Keys returns what keeps ssh's keys from being used: all that there is to say about this machine where a login was
// denied. Here says it, too.
func Keys(h facts.Here, want HereWant) []report.Finding {
	var all findings
	for _, keys := range h.Keys {
		all.add(keys.Alias, checkKeys(h, keys, want))
	}
	return all
}

// checkKeys finds what keeps a key from being used. Where the login worked there is little to say: only too many
// keys, which work by their order, and only to somebody who asks.
func checkKeys(h facts.Here, k facts.Keys, want HereWant) []report.Finding {
	if !slices.Contains(want.Denied, k.Alias) {
		if found := tooManyKeys(k); want.Asked && found != nil {
			found[0].Severity = report.Note
			return found
		}
		return nil
	}
	for _, found := range [][]report.Finding{agentOfRoot(h, k), tooManyKeys(k), noKey(k)} {
		if found != nil {
			return found
		}
	}
	return nil
}

// agentOfRoot finds a run through sudo, which drops SSH_AUTH_SOCK unless told otherwise (sudoers(5), env_keep).
func agentOfRoot(h facts.Here, k facts.Keys) []report.Finding {
	if h.SudoUser == "" || h.SudoUser == "root" || h.AuthSock != "" || k.Agent != facts.No {
		return nil
	}
	return []report.Finding{{
		Name: "agent", Severity: report.Note,
		What: fmt.Sprintf("root has no ssh agent, and that of %q is not asked: sudo took SSH_AUTH_SOCK away", h.SudoUser),
		Why:  "a key that only the agent holds cannot be offered",
		Remedy: []report.Remedy{
			report.Again().Note("without sudo: root is gained on the host"),
			report.Again().Under("sudo --preserve-env=SSH_AUTH_SOCK"),
		},
	}}
}

// tooManyKeys finds an agent that holds more keys than a server lets try, so that the right one may never be offered.
func tooManyKeys(k facts.Keys) []report.Finding {
	if k.Held <= mostKeys || k.OnlyNamed {
		return nil
	}
	file := "~/.ssh/THE_KEY"
	if i := slices.IndexFunc(k.Identities, func(i facts.Identity) bool { return i.There }); i >= 0 {
		file = configPath(k.Identities[i].Path)
	}
	return []report.Finding{{
		Name: "agent", Severity: report.Warning,
		What: fmt.Sprintf("the ssh agent holds %d keys, and all are offered", k.Held),
		Why: "a server ends the talk after a few wrong ones, six where nothing else is set: " +
			"Too many authentication failures",
		Remedy: onlyKey(k.Alias, file),
	}}
}

// onlyKey is the ssh configuration by which nothing but one key is offered to a host.
func onlyKey(host, file string) []report.Remedy {
	return report.HostBlock(aliasName(host), "IdentitiesOnly yes", "IdentityFile "+file)
}

// configPath is a path as a value in an ssh config.
func configPath(path string) string {
	if strings.ContainsAny(path, " \t#") {
		return `"` + nixexec.Printable(path) + `"`
	}
	return nixexec.Printable(path)
}

// noKey finds that ssh has nothing to offer: the agent holds no key, and there is no file with one, or only such with
// a passphrase, which ssh can do nothing with unless somebody types it.
func noKey(k facts.Keys) []report.Finding {
	if k.Agent == facts.Unsaid || k.Held > 0 {
		return nil
	}
	agent, start := "there is no ssh agent", []report.Remedy{startAgent}
	if k.Agent == facts.Yes {
		agent, start = "the ssh agent holds no key", nil
	}
	there := slices.DeleteFunc(slices.Clone(k.Identities), func(i facts.Identity) bool { return !i.There })
	if len(there) == 0 {
		return []report.Finding{{
			Name: "agent", Severity: report.Warning,
			What:   agent + ", and there is no file with a key either",
			Why:    "ssh has no key to offer; it looks for " + identityNames(k.Identities),
			Remedy: []report.Remedy{report.Shell("ssh-keygen", "-t", "ed25519")},
		}}
	}
	if slices.ContainsFunc(there, func(i facts.Identity) bool { return i.Locked != facts.Yes }) {
		return nil
	}
	return []report.Finding{{
		Name: "agent", Severity: report.Warning,
		What:   fmt.Sprintf("%s, and a passphrase is on %s", agent, identityNames(there)),
		Why:    "without an agent that holds the key ssh asks for its passphrase, and where it cannot ask it offers nothing",
		Remedy: append(start, report.Shell("ssh-add", there[0].Path)),
	}}
}

// startAgent starts an agent for the shell that it is pasted into.
var startAgent = report.Line(`eval "$(ssh-agent)"`)

func identityNames(identities []facts.Identity) string {
	var names []string
	for _, i := range identities {
		names = append(names, nixexec.Quoted(i.Path))
	}
	return strings.Join(names, ", ")
}
