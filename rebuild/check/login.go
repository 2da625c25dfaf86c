package check

import (
	"fmt"
	"path"
	"strings"

	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
)

// loginShellNoise finds a login shell that prints: Nix then reads that as its protocol (NixOS/nix#1078,
// NixOS/nix#5290).
func loginShellNoise(f facts.Host, host string) []report.Finding {
	if f.Noise == "" {
		return nil
	}
	remedy := []report.Remedy{report.SSH(host, "true").Behind("| od -c")}
	if strings.Contains(f.Noise, "setlocale") || strings.Contains(f.Noise, "locale") {
		remedy = append(remedy, report.Line("SendEnv -LANG -LC_*").Note("in the Host block of "+host+" in ~/.ssh/config"))
	} else {
		remedy = append(remedy, silence(f.Login.Shell))
	}
	return []report.Finding{{
		Name: "login-shell-noise", Severity: report.Error,
		What:   fmt.Sprintf(`the login shell %q prints "%s" where it is not interactive`, f.Login.Shell, f.Noise),
		Why:    "Nix speaks a binary protocol over that output, which a single byte more breaks",
		Remedy: remedy,
	}}
}

// silence is the line that ends a shell's start-up file early where nobody sits before it.
func silence(shell string) report.Remedy {
	switch path.Base(shell) {
	case "fish":
		return report.Line("status is-interactive; or return").Note("first line of ~/.config/fish/config.fish there")
	case "zsh":
		return report.Line("[[ -o interactive ]] || return").Note("first line of ~/.zshenv there")
	default:
		return report.Line("case $- in *i*) ;; *) return ;; esac").Note("first line of ~/.bashrc there")
	}
}
