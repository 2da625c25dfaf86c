# Brings the system of a derivation ($1) to its host, where it is built here already: then a nixos-rebuild, which copies path by path, finds
# it there. It stands behind a function: copy, which is nix copy to the host.
# shellcheck shell=sh
set -euf
system=$(nix-store --query --outputs "$1")
if nix-store --check-validity "$system" 2>/dev/null; then copy "$system"; fi
