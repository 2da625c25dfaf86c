# Runs on the target, as root, in a unit of its own, from before an activation (work.sh starts it) until that is kept or taken back. It needs
# nobody: where no proof comes in time, which only a new login can bring (prove.sh), it brings the system back that ran before. Whoever renames
# $dir/open has decided what becomes of the activation: the proof to commit or disarm, this script to restore. Killed, it is started anew
# by systemd, and goes on from these files.
# Beside a nixos-rebuild it is told of nothing, and looks by itself (beside.sh, which stands in front of this then).
# Argument: the directory of the run.
# Set by the caller in front of this text: unit by action profile rollback wanted guard limit reboot beside; guard: seconds from the end of the activation to
# its proof; limit: seconds that an activation may take
# shellcheck shell=sh disable=SC2154,SC2034

dir=$1
all=${dir%/*}
trap '' HUP INT QUIT PIPE
{ IFS= read -r path && IFS= read -r remote; } <"$dir/login" || exit 0 # it was closed
PATH=${PATH-}${PATH:+:}$path
report() { printf '%s=%s\n' "$1" "$2" >>"$dir/outcome"; }
say() { printf 'nixhop: %s\n' "$1"; } # into the journal

look() {
    was='' was_profile='' was_generation='' was_units='' toplevel='' started='' pid='' step='' inhibited='' ended=''
    while IFS='=' read -r key value; do
        case $key in
        was) was=$value ;;
        was_profile) was_profile=$value ;;
        was_generation) was_generation=$value ;;
        was_units) was_units=$value ;;
        toplevel) toplevel=$value ;;
        started) started=$value ;;
        pid) pid=$value ;;
        step) step=$value ;;
        inhibited) inhibited=yes ;;
        ended) ended=$value ;;
        esac
    done <"$dir/outcome"
}
clock() {
    read -r now _ </proc/uptime
    now=${now%%.*}
}
at_work() { [ -z "$ended" ] && [ -n "$pid" ] && grep -qsF "$dir/work" "/proc/$pid/cmdline"; }
running() { current=$(readlink -f /run/current-system 2>/dev/null) && profile_now=$(readlink -f "$profile" 2>/dev/null); }

# close tells how it ended, and leaves nothing but the outcome.
close() {
    running
    report current "$current"
    report profile_now "$profile_now"
    report guard "$1"
    say "$1: this host runs $current"
    if [ -n "$beside" ] && [ "$1" = kept ]; then
        report started "$current"
        report toplevel "$profile_now"
    fi
    if [ "$(readlink "$all/guarded")" = "$dir" ]; then rm -f "$all/guarded"; fi
    report closed yes
    for name in "$dir"/*; do
        [ "$name" = "$dir/outcome" ] || rm -rf "$name"
    done
    exit 0
}

# What another deployment has made of the host meanwhile is not ours.
ours() {
    running
    if [ "$current" != "$was" ] && [ "$current" != "$started" ]; then
        report why "another deployment has activated $current meanwhile"
    elif [ "$profile_now" != "$was_profile" ] && [ "$profile_now" != "$toplevel" ]; then
        report why "another deployment has set the profile to $profile_now meanwhile"
    else
        return 0
    fi
    close left
}

bounded() { if command -v timeout >/dev/null; then timeout -k 5 "$limit" "$@"; else "$@"; fi; }

commit() {
    ours
    if [ "$current" != "$started" ]; then
        report why "$current runs, and not $started"
        close left
    fi
    report step profile
    # It may be done already, by this script before it was killed.
    if [ "$profile_now" != "$toplevel" ]; then
        mkdir -p "${profile%/*}"
        set -- --set "$toplevel"
        if [ "$rollback" = yes ]; then
            set -- --rollback
        elif [ -n "$wanted" ]; then
            set -- --switch-generation "$wanted"
        fi
        if ! PATH=$path NIX_REMOTE=$remote nix-env -p "$profile" "$@" >>"$dir/log" 2>&1; then
            report why "the profile $profile could not be set"
            close uncommitted
        fi
    fi
    report profile "$(readlink -f "$profile")"
    generation=$(readlink "$profile")
    generation=${generation%-link}
    report generation "${generation##*-}"
    report step commit
    bounded "$started/bin/switch-to-configuration" boot >>"$dir/log" 2>&1
    report commit_status $?
    close committed
}

# end_activation ends what is left of an activation that hangs.
end_activation() {
    at_work || [ -z "$ended" ] || return 0
    for signal in TERM KILL; do
        if [ -d /run/systemd/system ] && systemctl show -p ExecStart "$unit.service" 2>/dev/null | grep -qF "$dir/work"; then
            systemctl kill --signal="$signal" "$unit.service" 2>/dev/null
        elif at_work; then
            kill -s "$signal" -- "-$pid" "$pid" 2>/dev/null
        else
            return 0
        fi
        n=0
        while at_work && [ "$n" -lt 25 ]; do
            n=$((n + 1))
            sleep 0.2
        done
    done
}

# reachable has those units run again by which the host is reached, as they did before.
reachable() {
    [ -d /run/systemd/system ] || return 0
    for name in $was_units; do
        if [ "$1" = anew ]; then systemctl restart "$name"; else systemctl start "$name"; fi
    done
}

restore() {
    report guard restoring
    if [ -z "$beside" ]; then
        end_activation
    else
        end_beside
        if [ -z "$started" ]; then settle; fi
        ours
        profile_back
    fi
    n=0
    while
        ours
        look
        if [ -n "$inhibited" ] && [ "$current" = "$was" ]; then close kept; fi # it boots next, and nothing else has changed
        if [ "$current" = "$was" ] && [ "$step" != activate ]; then close unneeded; fi
        say "bringing back $was"
        bounded "$was/bin/switch-to-configuration" test
        status=$?
        running
        ! { [ "$current" = "$was" ] && { [ "$status" = 0 ] || [ "$status" = 4 ]; }; } && [ "$n" -lt 3 ]
    do
        n=$((n + 1))
        say "that ended with $status"
        sleep 2
    done
    report restored_status "$status"
    if [ -n "$beside" ]; then boots_before; fi
    if [ -e "$dir/asked" ]; then reachable; else reachable anew; fi
    if [ "$current" != "$was" ]; then word=failed; else word=restored; fi
    if [ -n "$reboot" ] && { [ "$word" = failed ] || ! seen; }; then
        report guard rebooting
        say "rebooting into what the boot loader has, which is the system before"
        systemctl reboot || reboot
        sleep 60
    fi
    close "$word"
}
# seen: somebody has come back to ask. Only where the host would be rebooted otherwise this is waited for.
seen() {
    report guard restored
    n=0
    while [ "$n" -lt "$guard" ] && ! [ -e "$dir/asked" ]; do
        n=$((n + 1))
        sleep 1
    done
    [ -e "$dir/asked" ]
}

# ways tells by which units, and with which keys, the host is reached.
ways() {
    report was_units "$(systemctl list-units --plain --no-legend --state=active 'ssh*.service' 'ssh*.socket' 'systemd-networkd.service' \
        'network-addresses-*.service' 'NetworkManager.service' 'dhcpcd.service' 'firewall.service' 'nftables.service' 2>/dev/null |
        while read -r name _; do case $name in (*@*) ;; (*) printf '%s ' "$name" ;; esac; done)"
    for key in /etc/ssh/*.pub; do
        if [ -r "$key" ] && read -r type text _ <"$key"; then report hostkey "$type $text"; fi
    done
}

if [ -n "$beside" ]; then
    { IFS= read -r connection && read -r session; } <"$dir/session" || exit 0
    if ! [ -e "$dir/watching" ]; then remember; fi
fi
look
# It is what runs in this directory: no collection of garbage takes it away.
cd "$was" || exit 0
clock
if [ -n "$beside" ]; then
    [ -x "$was/bin/switch-to-configuration" ] || leave
else
    if ! [ -e "$dir/until" ]; then printf '%s\n' "$((now + limit))" >"$dir/until"; fi
    read -r until <"$dir/until"
fi
if ! [ -e "$dir/watching" ]; then
    ways
    report guard armed
    [ -n "$beside" ] || say "armed: unless $action of $started is proved, $was is brought back"
fi
printf '%s %s\n' $$ "$by" >"$dir/watching.new"
mv "$dir/watching.new" "$dir/watching"

while [ -e "$dir/open" ]; do
    look
    clock
    if [ -n "$beside" ]; then
        beside
    elif [ -n "$ended" ] || ! at_work; then
        if ! [ -e "$dir/due" ]; then printf '%s\n' "$((now + guard + 1))" >"$dir/due"; fi
        read -r due <"$dir/due"
        if [ "$now" -ge "$due" ] && mv "$dir/open" "$dir/restore"; then say "there was no proof for $guard seconds"; fi
        sleep 0.05
    else
        if [ "$now" -ge "$until" ] && mv "$dir/open" "$dir/restore"; then say "the activation did not end in $limit seconds"; fi
        sleep 0.2
    fi
done 2>/dev/null
look
if [ -e "$dir/commit" ]; then
    commit
elif [ -e "$dir/disarm" ]; then
    close kept
elif [ -e "$dir/restore" ]; then
    restore
fi
