# Runs on a build host, from standard input: realises a derivation and prints the store path. The caller puts `set --` in front, with the
# derivation, which is the argument, and the flags for nix-store, and sets run. The link keeps the system from the garbage collector meanwhile.
# shellcheck shell=sh
# What earlier ones of this login have left that were killed goes. One of another machine, where the directory is shared, is not told from one
# that lives.
for left in "${TMPDIR:-/tmp}"/nixhop-*.*/process; do
	# shellcheck disable=SC3067 # every sh that is in use knows -O
	if [ -f "$left" ] && [ -O "$left" ] && read -r process machine <"$left" && [ "$machine" = "$(uname -n)" ] && ! [ -d "/proc/$process" ]; then
		rm -rf "${left%/process}"
	fi
done
# By its name, which is that of the run, the build is told from another of the same derivation (end.sh).
directory=$(mktemp -d "${TMPDIR:-/tmp}/${run:-nixhop}.XXXXXX") || exit 1
trap 'rm -rf "$directory"' EXIT
trap 'exit 129' HUP
trap 'exit 143' TERM
printf '%s %s\n' $$ "$(uname -n)" >"$directory/process" || exit
nix-store --realise "$@" --add-root "$directory/system" --indirect </dev/null >/dev/null || exit
readlink "$directory/system"
