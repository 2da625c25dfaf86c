package facts

import (
	"os/user"
	"path/filepath"

	"nixhop/sshcfg"
)

// SudoUser is who ran nixhop through sudo, unless that was root; else empty. env is that of this process.
func SudoUser(env func(string) string) string {
	if name := env("SUDO_USER"); name != "root" {
		return name
	}
	return ""
}

// AliasBeforeSudo returns the user who ran sudo, if it is their ssh config that has the alias.
func AliasBeforeSudo(env func(string) string, alias string) string {
	name := SudoUser(env)
	owner, err := user.Lookup(name)
	if name == "" || err != nil || !sshcfg.List([]string{filepath.Join(owner.HomeDir, ".ssh", "config")}).Matches(alias) {
		return ""
	}
	return name
}
