package check

import (
	"testing"

	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
)

func TestCheckAgent(t *testing.T) {
	denied := func(h *facts.Here, w *HereWant) { w.Denied = []string{"web"} }
	tooMany := told{
		Name: "agent", Severity: report.Warning, Host: "web",
		What:   "the ssh agent holds 8 keys, and all are offered",
		Why:    "a server ends the talk after a few wrong ones, six where nothing else is set: Too many authentication failures",
		Remedy: []string{"Host web", "  IdentitiesOnly yes", "  IdentityFile /h/.ssh/id_ed25519"},
	}
	asked := tooMany
	asked.Severity = report.Note
	nameless := tooMany
	nameless.Remedy = []string{"Host web", "  IdentitiesOnly yes", "  IdentityFile ~/.ssh/THE_KEY"}
	spaced := tooMany
	spaced.Remedy = []string{"Host web", "  IdentitiesOnly yes", `  IdentityFile "/h/my keys/id"`}
	const asks = "without an agent that holds the key ssh asks for its passphrase, and where it cannot ask it offers nothing"
	runHere(t, Here, []hereCase{
		{"denied, with a key in the agent", denied, told{}},
		{"many keys, and the login works", func(h *facts.Here, w *HereWant) { h.Keys[0].Held = 8 }, told{}},
		{"many keys, and somebody asks", func(h *facts.Here, w *HereWant) { h.Keys[0].Held, w.Asked = 8, true }, asked},
		{"many keys, denied", func(h *facts.Here, w *HereWant) { denied(h, w); h.Keys[0].Held = 8 }, tooMany},
		{"many keys and no file", func(h *facts.Here, w *HereWant) {
			denied(h, w)
			h.Keys[0].Held, h.Keys[0].Identities = 8, nil
		}, nameless},
		{"many keys and a file with a space", func(h *facts.Here, w *HereWant) {
			denied(h, w)
			h.Keys[0].Held, h.Keys[0].Identities = 8, []facts.Identity{{Path: "/h/my keys/id", There: true}}
		}, spaced},
		{"many keys, of which one is named", func(h *facts.Here, w *HereWant) {
			denied(h, w)
			h.Keys[0].Held, h.Keys[0].OnlyNamed = 8, true
		}, told{}},
		{"five keys", func(h *facts.Here, w *HereWant) { denied(h, w); h.Keys[0].Held = 5 }, told{}},

		{"no agent, a passphrase", func(h *facts.Here, w *HereWant) {
			denied(h, w)
			h.Keys[0].Agent, h.Keys[0].Held, h.Keys[0].Identities[1].Locked = facts.No, 0, facts.Yes
		}, told{
			Name: "agent", Severity: report.Warning, Host: "web",
			What: `there is no ssh agent, and a passphrase is on "/h/.ssh/id_ed25519"`, Why: asks,
			Remedy: []string{`eval "$(ssh-agent)"`, "ssh-add /h/.ssh/id_ed25519"},
		}},
		{"an empty agent, a passphrase", func(h *facts.Here, w *HereWant) {
			denied(h, w)
			h.Keys[0].Held, h.Keys[0].Identities[1].Locked = 0, facts.Yes
		}, told{
			Name: "agent", Severity: report.Warning, Host: "web",
			What: `the ssh agent holds no key, and a passphrase is on "/h/.ssh/id_ed25519"`, Why: asks,
			Remedy: []string{"ssh-add /h/.ssh/id_ed25519"},
		}},
		{"no agent, a passphrase, and the login works", func(h *facts.Here, w *HereWant) {
			h.Keys[0].Agent, h.Keys[0].Held, h.Keys[0].Identities[1].Locked, w.Asked = facts.No, 0, facts.Yes, true
		}, told{}},
		{"no agent, no passphrase", func(h *facts.Here, w *HereWant) {
			denied(h, w)
			h.Keys[0].Agent, h.Keys[0].Held = facts.No, 0
		}, told{}},
		{"no agent, no file", func(h *facts.Here, w *HereWant) {
			denied(h, w)
			h.Keys[0].Agent, h.Keys[0].Held, h.Keys[0].Identities[1].There = facts.No, 0, false
		}, told{
			Name: "agent", Severity: report.Warning, Host: "web",
			What:   "there is no ssh agent, and there is no file with a key either",
			Why:    `ssh has no key to offer; it looks for "/h/.ssh/id_rsa", "/h/.ssh/id_ed25519"`,
			Remedy: []string{"ssh-keygen -t ed25519"},
		}},
		{"an agent that nobody could ask", func(h *facts.Here, w *HereWant) {
			denied(h, w)
			h.Keys[0].Agent, h.Keys[0].Held, h.Keys[0].Identities[1].There = facts.Unsaid, 0, false
		}, told{}},

		{"through sudo", func(h *facts.Here, w *HereWant) {
			denied(h, w)
			h.SudoUser, h.AuthSock, h.Keys[0].Agent, h.Keys[0].Held = "jan", "", facts.No, 0
		}, told{
			Name: "agent", Severity: report.Note, Host: "web",
			What: `root has no ssh agent, and that of "jan" is not asked: sudo took SSH_AUTH_SOCK away`,
			Why:  "a key that only the agent holds cannot be offered",
			Remedy: []string{
				"nixhop switch web   # without sudo: root is gained on the host",
				"sudo --preserve-env=SSH_AUTH_SOCK nixhop switch web",
			},
		}},
		{"through sudo, and the login works", func(h *facts.Here, w *HereWant) {
			h.SudoUser, h.AuthSock, h.Keys[0].Agent, h.Keys[0].Held = "jan", "", facts.No, 0
		}, told{}},
		{"another host was denied", func(h *facts.Here, w *HereWant) {
			w.Denied, h.Keys[0].Held = []string{"big"}, 8
		}, told{}},
	})
}
