package rebuild

import "fmt"

// warnSudo says whose ssh config, keys and agent are in use where nixhop was run through sudo: root's. It is the reason behind many a
// refused login (field: sudo nixos-rebuild --target-host).
func (s *Session) warnSudo(r Request) {
	user := s.Env("SUDO_USER")
	if user == "" || user == "root" || (len(r.Hosts) == 0 && LocalBuildHost(r.BuildHost)) {
		return
	}
	s.Log.Warn(fmt.Sprintf("run through sudo: root's ssh config, keys and agent are in use, not those of %q; without sudo, root is gained on the host", user))
}
