# What a guard (guard.sh, which comes behind this) does beside a nixos-rebuild, which tells nobody when it activates: it builds first, for as
# long as that takes. Its activation is known by the connection that it comes over, which is that of arm.sh: no activation of somebody else's
# is ever taken back. As long as arm.sh runs there, one may come.
# shellcheck shell=sh disable=SC2154

# remember tells what there is to bring back.
remember() {
    running
    report action "$action"
    report was "$current"
    report was_profile "$profile_now"
    generation=$(readlink "$profile")
    generation=${generation%-link}
    report was_generation "${generation##*-}"
}

# mine: the activation that runs has been begun over our own connection. Whatever runs in a session has that in its environment, and what
# waits for the activation there has its words.
mine() {
    grep -lsF "SSH_CONNECTION=$connection" /proc/[0-9]*/environ | {
        while read -r process; do
            if tr '\0' ' ' <"${process%environ}cmdline" | grep -q '/bin/switch-to-configuration \(switch\|test\)'; then exit 0; fi
        done
        exit 1
    }
} 2>/dev/null

# unit_at_work: an activation runs in its unit, whose name a newer nixos-rebuild makes longer.
unit_at_work() {
    set -- /run/systemd/transient/"$unit"*.service
    [ -e "$1" ] || return
    systemctl list-units --plain --no-legend --state=active,activating,deactivating,reloading "$unit*" | grep -q .
}

# begin: from here on it is ours, and what comes of it is proved or taken back. Whose it is may not be clear: it was too short to be seen at
# work, or the connection was lost with it.
begin() {
    report step activate
    ln -sfn "$dir" "$all/guarded"
    printf '%s' "$1" >"$dir/activating"
    say "armed: unless $action is proved, $was is brought back"
}

# settle: this is what it has made of the host; what comes later is somebody else's.
settle() {
    running
    report started "$current"
    report toplevel "$profile_now"
    look
}

# leave ends a guard beside which nothing was activated: nothing is left of it.
leave() {
    say "nothing was activated here"
    rm -rf "$dir"
    exit 0
}

there() { [ -d "/proc/$session" ]; }
beside() {
    if ! [ -e "$dir/activating" ]; then
        await
    elif [ -s "$dir/activating" ] || ! there; then
        watch_over
    elif mine; then
        printf sure >"$dir/activating"
    fi
    sleep 0.2
}

# await looks whether it has come to the activation. Somebody else's is one that runs while our connection holds and has not begun it.
foreign=0 gone=0
await() {
    set -- /run/systemd/transient/"$unit"*.service
    # shellcheck disable=SC3013
    if [ -e "$1" ] || ! [ /run/current-system -ef "$was" ]; then
        running
        if mine; then
            begin sure
        elif unit_at_work; then
            if there; then foreign=$((foreign + 1)); elif [ "$foreign" -lt 2 ]; then begin ''; fi
        elif [ "$current" = "$was" ]; then
            foreign=0
        elif [ "$foreign" -lt 2 ]; then
            begin ''
        else # that is what there is to bring back now
            foreign=0
            remember
            look
            cd "$was" || leave
        fi
    else
        foreign=0
    fi
    if there; then gone=0; else gone=$((gone + 1)); fi
    if [ "$gone" -ge 10 ] && ! [ -e "$dir/activating" ]; then leave; fi
}

# watch_over waits for the end of the activation, and then for its proof. A systemd that is reloaded may not tell for a moment.
calm=0
watch_over() {
    if unit_at_work || mine; then
        if ! [ -e "$dir/until" ]; then printf '%s\n' "$((now + limit))" >"$dir/until"; fi
        read -r until <"$dir/until"
        calm=0
        rm -f "$dir/due"
        if [ "$now" -ge "$until" ] && mv "$dir/open" "$dir/restore"; then say "the activation did not end in $limit seconds"; fi
        return
    fi
    calm=$((calm + 1))
    if ! [ -e "$dir/due" ]; then printf '%s\n' "$((now + guard + 1))" >"$dir/due"; fi
    read -r due <"$dir/due"
    if [ "$calm" -eq 5 ]; then settle; fi
    if [ "$calm" -ge 5 ] && [ "$now" -ge "$due" ] && mv "$dir/open" "$dir/restore"; then say "there was no proof for $guard seconds"; fi
}

# end_beside ends an activation that hangs.
end_beside() {
    for signal in TERM KILL; do
        unit_at_work || return 0
        systemctl kill --signal="$signal" "$unit*" 2>/dev/null
        n=0
        while unit_at_work && [ "$n" -lt 25 ]; do
            n=$((n + 1))
            sleep 0.2
        done
    done
}

# profile_back sets the profile to its generation before, and boots_before has the boot loader know it: nixos-rebuild has done both before it
# has activated anything.
profile_back() {
    running
    if [ "$action" != switch ] || [ "$profile_now" = "$was_profile" ] || [ -z "$was_profile" ]; then return; fi
    PATH=$path NIX_REMOTE=$remote nix-env -p "$profile" --switch-generation "$was_generation" >>"$dir/log" 2>&1 ||
        PATH=$path NIX_REMOTE=$remote nix-env -p "$profile" --set "$was_profile" >>"$dir/log" 2>&1 ||
        report why "the profile $profile could not be set back"
}
boots_before() {
    if [ "$action" != switch ] || [ -z "$was_profile" ]; then return; fi
    bounded "$was_profile/bin/switch-to-configuration" boot >>"$dir/log" 2>&1 || report why "its boot loader could not be installed again"
}

