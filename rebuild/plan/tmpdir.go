package plan

// longestTmpDir is how long TMPDIR may be: nixos-rebuild adds "/nixos-rebuild.XXXXXXXX/ssh-" and a hash of 40
// characters, ssh 17 more, and a socket's path ends at 104 bytes on macOS (nixpkgs#168322, #495484).
const longestTmpDir = 20

// ShortTmpDir is the TMPDIR for nix and nixos-rebuild: /tmp where the user's own is too long for their sockets, else
// empty.
func ShortTmpDir(tmpDir string) string {
	if len(tmpDir) > longestTmpDir {
		return "/tmp"
	}
	return ""
}
