# Runs on the target as the login, from standard input, where sudo lets that run a few commands and no shell: sets the profile and
# activates a system by these, and reports on standard output in lines of key=value; all else goes to standard error.
# Argument: the store path of the system, or nothing for a rollback.
# Set by the caller in front of this text: unit patience run action profile rollback specialisation programs, and the functions
# set_profile and activate, which take options of sudo
# shellcheck shell=sh disable=SC2154

# A connection that goes away must not take the activation with it: what runs writes to a file, and neither a hang-up nor a closed pipe
# ends this script (NixOS/nixpkgs#39118, #462179).
trap '' HUP PIPE
toplevel=${1-}

report() { printf '%s=%s\n' "$1" "$2"; }
# finish: what the host is like now, in the words of an outcome (work.sh).
finish() {
    report current "$(readlink -f /run/current-system 2>/dev/null)"
    report profile_now "$(readlink -f "$profile" 2>/dev/null)"
    report ended yes
    exit "$1"
}
fail() {
    report why "$1"
    finish 1
}
is_system() {
    if ! [ -e "$1/nixos-version" ] || ! [ -x "$1/bin/switch-to-configuration" ]; then
        fail "$1 is no NixOS system (it has no nixos-version or bin/switch-to-configuration)"
    fi
    started=$1${specialisation:+/specialisation/}$specialisation
    [ -x "$started/bin/switch-to-configuration" ] || fail "there is no specialisation $specialisation in $1"
    report toplevel "$(readlink -f "$1")"
    report started "$(readlink -f "$started")"
}

PATH=${PATH-}${PATH:+:}$programs
export PATH

report run "$run"
report step look
report was "$(readlink -f /run/current-system 2>/dev/null)"
report was_profile "$(readlink -f "$profile" 2>/dev/null)"
if [ "$rollback" != yes ]; then
    is_system "$toplevel"
    # A rule may go by the name of the system, which was not known before.
    says=$(activate -l 2>&1) || fail "sudo does not let this login activate $toplevel: $(printf "%s\n" "$says" | head -n 1)"
fi

# Another activation is waited for: that of a nixos-rebuild or of another nixhop, wherever that was started.
busy() {
    case $(systemctl is-active "$unit.service" 2>/dev/null) in
    active | activating | deactivating | reloading) return 0 ;;
    *) return 1 ;;
    esac
}
if [ -d /run/systemd/system ]; then
    left=$patience
    if busy; then
        printf 'nixhop: another activation is running here (%s.service); waiting for its end, %s seconds at most\n' "$unit" "$patience" >&2
    fi
    while busy; do
        [ "$left" -gt 0 ] || fail "another activation is still running here ($unit.service)"
        left=$((left - 1))
        sleep 1
    done
fi

dir=$(mktemp -d) || fail "no temporary directory"
log=$dir/log
end="nixhop-end-$$"
if ! { : >"$log" && mkfifo "$dir/lines"; }; then fail "nothing can be written in $dir"; fi
tail -n +1 -f "$log" >"$dir/lines" 2>/dev/null &
tail=$!
# The last line may have come without its end.
sed -u -n -e "/$end\$/{s///;/./p;q;}" -e p <"$dir/lines" >&2 &
reader=$!
# heard: what was printed is seen, and what was made for that is gone.
heard() {
    printf '%s\n' "$end" >>"$log"
    wait "$reader"
    kill "$tail" 2>/dev/null
    rm -rf "$dir"
}

case $action in
switch | boot)
    report step profile
    if ! set_profile </dev/null >>"$log" 2>&1; then
        heard
        fail "the profile $profile could not be set"
    fi
    report profile "$(readlink -f "$profile")"
    generation=$(readlink "$profile")
    generation=${generation%-link}
    report generation "${generation##*-}"
    ;;
esac
if [ "$rollback" = yes ]; then
    toplevel=$(readlink -f "$profile")
    is_system "$toplevel"
fi
report step activate
activate </dev/null >>"$log" 2>&1
status=$?
heard
report status "$status"
finish "$status"
