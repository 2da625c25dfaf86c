# Runs on the target, as root, in a unit of its own where there is systemd: looks, sets the profile and activates a system, one such run at a
# time. activate.sh starts it and shows what it prints; nothing here needs that to live on. Each step is told in the outcome before it is
# taken, and its end behind it; a status is that of switch-to-configuration and of nothing else.
# Under a guard a switch becomes a test, and is committed by the guard (guard.sh) once it was proved: until then the boot takes what it took
# before.
# Arguments: the directory of the run; unit or alone; the store path of the system, or nothing for a generation that is there.
# Set by the caller in front of this text: unit patience run by action profile rollback wanted specialisation on_inhibit parts guard; wanted: a generation
# of the profile; on_inhibit: boot, where a system that inhibits the switch is to boot next instead; guard: seconds, or nothing
# shellcheck shell=sh disable=SC2154

dir=$1 place=$2 toplevel=${3-}
[ "$place" = unit ] || trap '' HUP INT QUIT PIPE
# What the login had of the environment is for nix-env alone.
{ IFS= read -r path && IFS= read -r remote; } <"$dir/login"
PATH=${PATH-}${PATH:+:}$path
mkdir "$dir/begun" || exit # it is at work already
report() { printf '%s=%s\n' "$1" "$2" >>"$dir/outcome"; }
report pid $$
exec </dev/null >>"$dir/log" 2>&1

# finish tells what the host is like now, and leaves nothing but the outcome: whoever shows the log has it open.
finish() {
    report current "$(readlink -f /run/current-system 2>/dev/null)"
    report profile_now "$(readlink -f "$profile" 2>/dev/null)"
    if [ -n "${mine-}" ]; then rm -f "$all/holder" "$all/held"; fi
    report ended yes
    rm -rf "$dir/output" "$dir/complaint"
    if [ -z "${guarded-}" ]; then rm -rf "$dir/log" "$dir/work" "$dir/login" "$dir/begun" "$dir/guard"; fi
    exit
}
fail() {
    report why "$1"
    finish
}

# One at a time, from the look to the end. Two in units of the same name never meet here; a newer nixos-rebuild has other names, and without
# systemd there is no unit.
all=${dir%/*}
take() {
    if [ -n "${flock-}" ]; then
        flock -n 9
        return
    fi
    holder=$(readlink "$all/held")
    if [ -n "$holder" ] && [ "$holder" != $$ ] && ! [ -d "/proc/$holder" ]; then # it was killed
        mv "$all/held" "$dir/held" 2>/dev/null
        rm -f "$dir/held"
    fi
    [ "$holder" = $$ ] || ln -s $$ "$all/held" 2>/dev/null
}
others() {
    [ -d /run/systemd/system ] || return 0
    systemctl list-units --all --plain --no-legend --no-pager "$unit*" | while read -r name _ active sub _; do
        case $place,$name,$active,$sub in
        unit,"$unit.service",* | *,exited) ;;
        *,"$unit"*,active,* | *,"$unit"*,activating,* | *,"$unit"*,deactivating,* | *,"$unit"*,reloading,*)
            printf '%s' "$name"
            break
            ;;
        esac
    done
}
# watched: whose activation is not proved yet, where a guard waits for that. Whoever asks has the lock.
watched() {
    other=$(readlink "$all/guarded") || return 0
    if read -r pid by <"$other/watching" && grep -qsF "$other/guard" "/proc/$pid/cmdline"; then
        printf 'the guard of that by %s' "$by"
        return
    fi
    case $(systemctl is-active "nixhop-guard-${other##*/nixhop-}.service") in
    active | activating) printf '%s' "its guard" ;; # systemd starts it anew
    *) rm -f "$all/guarded" ;;
    esac
} 2>/dev/null
report step wait
flock=$(command -v flock)
if [ -n "$flock" ]; then exec 9>>"$all/lock"; fi
left=$patience
until take && other=$(others) && [ -z "$other" ] && other=$(watched) && [ -z "$other" ]; do
    [ "$left" -gt 0 ] || fail "another activation is still running here${other:+ ($other)}"
    if [ "$left" -eq "$patience" ]; then
        printf 'nixhop: another activation is running here%s; waiting for its end, %s seconds at most\n' "${other:+ ($other)}" "$patience"
    fi
    left=$((left - 1))
    sleep 1
done
mine=1
printf '%s %s\n' $$ "$by" >"$all/holder"
# Of earlier runs the last ones are still asked for, by those whose connection was lost.
# shellcheck disable=SC2012 # the names are nixhop's own
ls -t "$all" | sed -n '/^nixhop-/p' | tail -n +20 | while read -r old; do
    [ -e "$all/$old/begun" ] || rm -rf "${all:?}/$old"
done

report step look
report action "$action"
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
        n=${link#"$profile"-}
        n=${n%-link}
        case $n in '' | *[!0-9]*) continue ;; esac
        if [ "$n" -lt "$current" ] && [ "$n" -gt "$best" ]; then best=$n; fi
    done
    [ "$best" -gt 0 ] && printf '%s-%s-link' "$profile" "$best"
}
if [ "$rollback" = yes ]; then
    link=$(previous_generation) || fail "there is no generation before the current one of $profile"
    toplevel=$(readlink -f "$link")
elif [ -n "$wanted" ]; then
    link=$profile-$wanted-link
    [ -e "$link" ] || fail "there is no generation $wanted of $profile"
    toplevel=$(readlink -f "$link")
fi

# A system that lacks its own tools must never become the profile (NixOS/nix#13367).
if ! [ -e "$toplevel/nixos-version" ] || ! [ -x "$toplevel/bin/switch-to-configuration" ]; then
    fail "$toplevel is no NixOS system (it has no nixos-version or bin/switch-to-configuration)"
fi
# Nor one for another processor: nothing of it would start (NixOS/nixpkgs#166838). Each says in a file what it is for.
system=
if [ -r "$toplevel/system" ]; then read -r system <"$toplevel/system"; fi
machine=$(uname -m)
case ${system%%-*}:$machine in
:* | "$machine:$machine") ;;
i686:i?86 | i686:x86_64 | aarch64:arm64 | armv7l:armv8l | armv7l:aarch64) ;;
armv6l:armv7l | armv6l:armv8l | armv6l:aarch64 | powerpc64le:ppc64le) ;;
*) fail "$toplevel is for $system, and this host is $(uname -sm): nothing of it would run here" ;;
esac
started=$toplevel
if [ -n "$specialisation" ]; then
    started=$toplevel/specialisation/$specialisation
    if ! [ -x "$started/bin/switch-to-configuration" ]; then
        there=
        for name in "$toplevel"/specialisation/*; do
            [ -e "$name" ] && there="$there${there:+, }${name##*/}"
        done
        fail "there is no specialisation $specialisation; ${there:+there is: }${there:-there is none}"
    fi
fi
report toplevel "$(readlink -f "$toplevel")"
report started "$(readlink -f "$started")"
version=
if [ -r "$started/nixos-version" ]; then read -r version <"$started/nixos-version"; fi
report version "$version"
# What of the system comes to run only with a boot. A container has none of that.
reboot=
for part in $parts; do
    booted=/run/booted-system/$part new=$started/$part
    if [ -e "$booted" ] && [ -e "$new" ]; then
        # shellcheck disable=SC3013
        if [ "$booted" -ef "$new" ]; then reboot=${reboot:-no}; else reboot=yes; fi
    fi
done
report reboot "$reboot"

# arm: from here on the guard takes back what comes, unless it is told that the new system was proved.
arm() {
    : >"$dir/open" && ln -sfn "$dir" "$all/guarded" || return
    set -- /bin/sh "$dir/guard" "$dir"
    if ! { [ -d /run/systemd/system ] && systemd-run -E "LOCALE_ARCHIVE=${LOCALE_ARCHIVE-}" \
        -E "NIXOS_INSTALL_BOOTLOADER=${NIXOS_INSTALL_BOOTLOADER-}" -E "NIXOS_NO_CHECK=${NIXOS_NO_CHECK-}" \
        -p Restart=on-failure -p RestartForceExitStatus=SIGTERM --collect --no-ask-password --quiet --service-type=exec \
        --unit="nixhop-guard-${run#nixhop-}" "$@" 9>&-; }; then
        if command -v setsid >/dev/null; then set -- setsid "$@"; fi
        "$@" 9>&- >/dev/null 2>&1 &
    fi
    n=0
    until [ -e "$dir/watching" ]; do
        n=$((n + 1))
        [ "$n" -lt 1000 ] || return
        sleep 0.02
    done
}
guarded=
was=$(readlink -f /run/current-system 2>/dev/null)
if [ -z "$guard" ] || [ "$was" = "$(readlink -f "$started")" ]; then
    : # nobody wants it, or there is nothing to take back
elif ! [ -x "$was/bin/switch-to-configuration" ]; then
    report unguarded "there is no system that could be brought back"
elif arm; then
    guarded=1
    if [ "$action" = switch ]; then action='test'; fi
else
    rm -rf "$dir/open" "$all/guarded"
    fail "the guard could not be started"
fi

profiled=
set_profile() {
    report step profile
    mkdir -p "${profile%/*}"
    if [ "$rollback" = yes ]; then
        set -- --rollback
    elif [ -n "$wanted" ]; then
        set -- --switch-generation "$wanted"
    else
        set -- --set "$toplevel"
    fi
    PATH=$path NIX_REMOTE=$remote nix-env -p "$profile" "$@" 9>&- || fail "the profile $profile could not be set"
    report profile "$(readlink -f "$profile")"
    generation=$(readlink "$profile")
    generation=${generation%-link}
    report generation "${generation##*-}"
    profiled=1
}
case $action in switch | boot) set_profile ;; esac

# What is printed goes through a pipe, so that it can be bounded: half of the room there is, 256 MiB at most. Beyond that it is read and
# dropped; the system never waits for somebody who reads. What it leaves running may have the pipe open for ever.
room=$(df -Pk "$dir" 2>/dev/null | while read -r _ _ _ free _; do printf '%s\n' "$free"; done | tail -n 1)
case $room in '' | *[!0-9]*) room=65536 ;; esac
if [ "$room" -gt 524288 ]; then room=524288; fi
activate() {
    report step activate
    [ -e "$dir/output" ] || mkfifo -m 600 "$dir/output"
    # shellcheck disable=SC2094 # the name goes where all was read
    {
        (trap '' XFSZ && ulimit -f "$room" && exec cat) 2>/dev/null # in half KiB
        if [ -n "$(head -c 1 | tr '\0' x)" ]; then
            printf '\nnixhop: the rest of what the activation prints is left out: there is no room for it\n'
            cat >/dev/null
        fi
        rm -f "$dir/output"
    } <"$dir/output" 9>&- &
    "$started/bin/switch-to-configuration" "$1" >"$dir/output" 2>&1 9>&-
    status=$?
    n=0
    while [ -e "$dir/output" ] && [ "$n" -lt 100 ]; do
        n=$((n + 1))
        sleep 0.02
    done
}
activate "$action"

# A system may say itself that it must not be switched to while what runs depends on what it changes (nixpkgs: system.switch.inhibitors). The
# status of that is any number; its words tell, before anything was changed.
inhibited() {
    [ "$on_inhibit" = boot ] && [ "$status" != 0 ] && [ "$(readlink -f /run/current-system 2>/dev/null)" = "$was" ] &&
        grep -q "^Pre-switch check 'switchInhibitors' failed\$" "$dir/log"
}
# inhibitors: what would change, as the two forms of that check tell it.
inhibitors() {
    sed -n -e 's/^\([A-Za-z0-9._-]\{1,\}\) : \(.* -> .*\)$/\1 (\2)/p' -e 's|^[<>] /.*/[a-z0-9]\{32\}-||p' "$dir/log" |
        while IFS= read -r name; do printf '%s%s' "${comma-}" "$name" && comma=', '; done
}
if inhibited; then
    parts=$(inhibitors)
    report inhibited "${parts:-critical parts}"
    report action boot
    printf 'nixhop: the system inhibits the switch; making it what boots next\n'
    [ -n "$profiled" ] || set_profile
    activate boot
fi
report status "$status"
finish
