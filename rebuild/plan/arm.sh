# Runs on the target, as root, from standard input, before a nixos-rebuild deploys to it: starts a guard beside that (guard.sh, beside.sh), prints
# what the host is like, and stays for as long as its input is open. Nothing is left of either where nothing is activated.
# Argument: the directory of the run, which is new.
# Set by the caller in front of this text: run by guard programs ready; ready: the line behind which nothing more is printed
# shellcheck shell=sh disable=SC2154

dir=$1
PATH=${PATH-}${PATH:+:}$programs
export PATH

refuse() {
    printf 'run=%s\nwhy=%s\n' "$run" "$1"
    rm -rf "$dir"
    exit 1
}

# The connection: root may have come by a program that tells nothing of it, but that one's own parent knows.
process=$$ connection=
while [ -z "$connection" ] && [ "${process:-1}" -gt 1 ]; do
    connection=$(tr '\0' '\n' <"/proc/$process/environ" | sed -n 's/^SSH_CONNECTION=//p')
    process=$(sed -n 's/^PPid:[[:blank:]]*//p' "/proc/$process/status")
done
[ -n "$connection" ] || refuse "the session does not tell which connection it belongs to"
[ -d /run/systemd/system ] || refuse "there is no systemd"

prepare() {
    umask 022
    mkdir -p "${dir%/*}" && mkdir "$dir" && printf 'run=%s\nby=%s\n' "$run" "$by" >"$dir/outcome" || return
    printf '%s\n' "$PATH" "${NIX_REMOTE-}" >"$dir/login" && (umask 077 && : >"$dir/log") || return
    printf '%s\n' "$connection" $$ >"$dir/session" && : >"$dir/open" || return
    guard >"$dir/guard" && [ "$(cat "$dir/guard")" = "$(guard)" ] && grep -qxF "run=$run" "$dir/outcome"
}
said=$(prepare 2>&1) || refuse "nothing can be written to ${dir%/*}: $(printf '%s' "$said" | tail -n 1)"
said=$(systemd-run -E "LOCALE_ARCHIVE=${LOCALE_ARCHIVE-}" -p Restart=on-failure -p RestartForceExitStatus=SIGTERM --collect --no-ask-password \
    --quiet --service-type=exec --unit="nixhop-guard-${run#nixhop-}" /bin/sh "$dir/guard" "$dir" 2>&1 </dev/null) || refuse "$said"
n=0
until [ -e "$dir/watching" ]; do
    n=$((n + 1))
    if [ "$n" -ge 500 ] || ! [ -e "$dir/guard" ]; then refuse "there is no system that could be brought back"; fi
    sleep 0.02
done
cat "$dir/outcome"
printf '%s\n' "$ready"
