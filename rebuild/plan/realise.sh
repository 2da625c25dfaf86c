# Runs on a build host, from standard input: realises a derivation and prints the store path. The caller puts `set --` in front, with the
# derivation, which is the argument, and the flags for nix-store, and sets run. The link keeps the system from the garbage collector meanwhile.
# shellcheck shell=sh
# By its name, which is that of the run, the build is told from another of the same derivation (end.sh).
directory=$(mktemp -d "${TMPDIR:-/tmp}/${run:-nixhop}.XXXXXX") || exit 1
trap 'rm -rf "$directory"' EXIT
nix-store --realise "$@" --add-root "$directory/system" --indirect </dev/null >/dev/null || exit
readlink "$directory/system"
