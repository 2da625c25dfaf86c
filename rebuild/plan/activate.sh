# Runs on the target, as root, from standard input: sets the profile and activates a system, and reports on standard
# output in lines of key=value; what the system itself prints goes to standard error.
# Argument: the store path of the system, or nothing for a rollback.
# Set by the caller in front of this text: unit patience outcome run by action profile rollback specialisation
# bootloader no_check programs
# shellcheck shell=sh disable=SC2154

toplevel=${1-}

said=
report() {
    said="$said$1=$2
"
    printf '%s=%s\n' "$1" "$2"
}
fail() { printf 'nixhop: %s\n' "$1" >&2; report status 1; exit 1; }

PATH=${PATH-}${PATH:+:}$programs
export PATH

report was "$(readlink -f /run/current-system 2>/dev/null)"
report was_profile "$(readlink -f "$profile" 2>/dev/null)"

# The generation before the current one, as `nix-env --rollback` would choose it.
previous_generation() {
    current=$(readlink "$profile") || return 1
    current=${current##*/}
    current=${current%-link}
    current=${current##*-}
    best=0
    for link in "$profile"-*-link; do
        n=${link##*/}
        n=${n%-link}
        n=${n##*-}
        case $n in '' | *[!0-9]*) continue ;; esac
        if [ "$n" -lt "$current" ] && [ "$n" -gt "$best" ]; then best=$n; fi
    done
    [ "$best" -gt 0 ] && printf '%s-%s-link' "$profile" "$best"
}

if [ "$rollback" = yes ]; then
    link=$(previous_generation) || fail "there is no generation before the current one of $profile"
    toplevel=$(readlink -f "$link")
fi

# A system that lacks its own tools must never become the profile (NixOS/nix#13367).
if ! [ -e "$toplevel/nixos-version" ] || ! [ -x "$toplevel/bin/switch-to-configuration" ]; then
    fail "$toplevel is no NixOS system (it has no nixos-version or bin/switch-to-configuration); nothing was changed"
fi
# Nor one for another processor: nothing of it would start (NixOS/nixpkgs#166838). Each says in a file what it is for.
system=
if [ -r "$toplevel/system" ]; then read -r system <"$toplevel/system"; fi
machine=$(uname -m)
case ${system%%-*}:$machine in
:* | "$machine:$machine") ;;
i686:i?86 | i686:x86_64 | aarch64:arm64 | armv7l:armv8l | armv7l:aarch64) ;;
armv6l:armv7l | armv6l:armv8l | armv6l:aarch64 | powerpc64le:ppc64le) ;;
*) fail "$toplevel is for $system, and this host is $(uname -sm): nothing of it would run here; nothing was changed" ;;
esac
started=$toplevel
if [ -n "$specialisation" ]; then
    started=$toplevel/specialisation/$specialisation
    [ -x "$started/bin/switch-to-configuration" ] ||
        fail "there is no specialisation $specialisation; there is: $(cd "$toplevel/specialisation" 2>/dev/null && printf '%s ' *); nothing was changed"
fi
# Another activation is waited for: that of a nixos-rebuild or of another nixhop, wherever that was started. Whose it is stands in what nixhop
# leaves here.
busy() {
    case $(systemctl is-active "$unit.service" 2>/dev/null) in
    active | activating | deactivating | reloading) return 0 ;;
    *) return 1 ;;
    esac
}
if [ -d /run/systemd/system ]; then
    left=$patience
    if busy; then
        printf 'nixhop: another activation is running here (%s%s); waiting for its end, %s seconds at most\n' "$unit.service" \
            "$(sed -n 's/^by=/, by /p' "$outcome" 2>/dev/null)" "$patience" >&2
    fi
    while busy; do
        [ "$left" -gt 0 ] || fail "another activation is still running here ($unit.service); nothing was changed"
        left=$((left - 1))
        sleep 1
    done
    systemctl reset-failed "$unit.service" >/dev/null 2>&1
fi

case $action in
switch | boot)
    mkdir -p "${profile%/*}"
    if [ "$rollback" = yes ]; then
        nix-env -p "$profile" --rollback >&2 </dev/null
    else
        nix-env -p "$profile" --set "$toplevel" >&2 </dev/null
    fi || fail "the profile $profile could not be set; nothing was activated"
    report profile "$(readlink -f "$profile")"
    generation=$(readlink "$profile")
    generation=${generation%-link}
    report generation "${generation##*-}"
    ;;
esac

# From here on a connection that goes away must not take the activation with it: nothing that runs is bound to it, and
# neither a hang-up nor a closed pipe ends this script (NixOS/nixpkgs#39118, #462179).
trap '' HUP PIPE
# What was reported, for a caller whose connection was lost (await.sh); the activation adds its own end.
(umask 022 && printf 'run=%s\nby=%s\n%s' "$run" "$by" "$said" >"$outcome.$$" && mv -f "$outcome.$$" "$outcome") 2>/dev/null || outcome=/dev/null
dir=$(mktemp -d /run/nixhop.XXXXXX) || dir=$(mktemp -d) || fail "no temporary directory; nothing was activated"
log=$dir/log
end="nixhop-end-$$"
: >"$log"
cat >"$dir/activation" <<'END'
# started outcome program words: leaves a sign that it was started, and the program's end for await.sh.
: >"$1"
outcome=$2
shift 2
printf 'pid=%s\n' "$$" >>"$outcome"
"$@"
status=$?
printf 'status=%s\n' "$status" >>"$outcome"
exit "$status"
END
mkfifo "$dir/lines"
tail -n +1 -f "$log" >"$dir/lines" 2>/dev/null &
tail=$!
while IFS= read -r line; do
    case $line in
    *"$end")
        # The last line may have come without its end.
        line=${line%"$end"}
        [ -z "$line" ] || printf '%s\n' "$line" >&2
        break
        ;;
    esac
    printf '%s\n' "$line" >&2
done <"$dir/lines" &
reader=$!

# Whether systemd-run works at all shows only when it is tried, and what it tells does not say whether the program was
# started: the program leaves a sign of its own.
status=
if [ -d /run/systemd/system ]; then
    systemd-run -E "LOCALE_ARCHIVE=${LOCALE_ARCHIVE-}" -E "NIXOS_INSTALL_BOOTLOADER=$bootloader" -E "NIXOS_NO_CHECK=$no_check" \
        --collect --no-ask-password --quiet --service-type=exec --wait --unit="$unit" \
        -p "StandardOutput=append:$log" -p "StandardError=append:$log" \
        /bin/sh "$dir/activation" "$dir/started" "$outcome" \
        "$started/bin/switch-to-configuration" "$action" </dev/null >>"$dir/complaint" 2>&1
    status=$?
    if [ -e "$dir/started" ] || systemd-run --quiet --collect --no-ask-password --wait true >/dev/null 2>&1; then
        cat "$dir/complaint" >>"$log"
    else
        status=
    fi
fi
if [ -z "$status" ]; then
    env -i PATH="$PATH" LOCALE_ARCHIVE="${LOCALE_ARCHIVE-}" NIXOS_INSTALL_BOOTLOADER="$bootloader" NIXOS_NO_CHECK="$no_check" \
        /bin/sh "$dir/activation" "$dir/started" "$outcome" "$started/bin/switch-to-configuration" "$action" </dev/null >>"$log" 2>&1
    status=$?
fi
printf '%s\n' "$end" >>"$log"
wait "$reader"
kill "$tail" 2>/dev/null
rm -rf "$dir"
report current "$(readlink -f /run/current-system 2>/dev/null)"
report status "$status"
exit "$status"
