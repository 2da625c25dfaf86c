package check

import (
	"fmt"
	"path"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
)

// loginShellNoise finds a login shell that prints: Nix then reads that as its protocol (NixOS/nix#1078, NixOS/nix#5290).
func loginShellNoise(f facts.Facts, host string) []report.Finding {
	if f.Noise == "" {
		return nil
	}
	remedy := []string{"ssh " + nixexec.Quote(host) + " true | od -c"}
	if strings.Contains(f.Noise, "setlocale") || strings.Contains(f.Noise, "locale") {
		remedy = append(remedy, "SendEnv -LANG -LC_*   # in the Host block of "+host+" in ~/.ssh/config")
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
func silence(shell string) string {
	switch path.Base(shell) {
	case "fish":
		return "status is-interactive; or return   # first line of ~/.config/fish/config.fish there"
	case "zsh":
		return "[[ -o interactive ]] || return   # first line of ~/.zshenv there"
	default:
		return "case $- in *i*) ;; *) return ;; esac   # first line of ~/.bashrc there"
	}
}
