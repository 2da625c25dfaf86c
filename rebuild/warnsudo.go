package rebuild

import (
	"fmt"
	"os/user"
	"path/filepath"

	"nixhop/rebuild/request"
	"nixhop/sshcfg"
)

// warnSudo says whose ssh config, keys and agent are in use where nixhop was run through sudo: root's. It is the reason behind many a
// refused login (field: sudo nixos-rebuild --target-host).
func (s *Session) warnSudo(r request.Request) {
	user := s.Env("SUDO_USER")
	if user == "" || user == "root" || (len(r.Hosts) == 0 && request.LocalBuildHost(r.BuildHost)) {
		return
	}
	s.Log.Warn(fmt.Sprintf("run through sudo: root's ssh config, keys and agent are in use, not those of %q; without sudo, root is gained on the host", user))
}

// aliasBeforeSudo returns the user who ran sudo, if it is their ssh config that has the alias.
func (s *Session) aliasBeforeSudo(alias string) string {
	name := s.Env("SUDO_USER")
	if name == "" || name == "root" {
		return ""
	}
	owner, err := user.Lookup(name)
	if err != nil {
		return ""
	}
	if !sshcfg.List([]string{filepath.Join(owner.HomeDir, ".ssh", "config")}).Matches(alias) {
		return ""
	}
	return name
}
