# Runs on a build host, from standard input: realises a derivation and prints the store path. The caller puts `set --` in front, with the
# derivation, which is the argument, and the flags for nix-store. The link keeps the system from the garbage collector meanwhile.
# shellcheck shell=sh
directory=$(mktemp -d) || exit 1
trap 'rm -rf "$directory"' EXIT
nix-store --realise "$@" --add-root "$directory/system" --indirect </dev/null >/dev/null || exit
readlink "$directory/system"
