#!/bin/sh
# Answers from the units that systemd-run runs, and from the list of failed ones.
place=${0%/bin/*}
action=
for word; do
    case $word in
    -*) action="$action $word" ;;
    *) if [ -z "${verb-}" ]; then verb=$word; else unit=$word; fi ;;
    esac
done
failed=
if [ -r "$place/knobs/failed" ]; then read -r failed <"$place/knobs/failed"; fi
case ${verb-}$action in
*--version*) echo "systemd 257 (257.6)" ;;
list-units*--failed*)
    for unit in $failed; do echo "$unit loaded failed failed $unit"; done
    ;;
list-units*)
    for state in "$place"/units/*; do
        [ -e "$state" ] || continue
        case $state in */run-* | */nixhop-guard-*) continue ;; esac # it was asked for other names
        printf '%s %s\n' "${state##*/}" "$(cat "$state")"
    done
    : >"$place/happened-units"
    ;;
reboot*)
    echo 'systemctl reboot' >>"$place/calls"
    how=
    if [ -r "$place/knobs/reboots" ]; then how=$(cat "$place/knobs/reboots"); fi
    if [ "$how" = refused ]; then echo 'Call to Reboot failed: Access denied' >&2 && exit 1; fi
    root=$place/root
    printf '55555555-%04d-3333-4444-555555555555\n' "$(grep -c . "$place/calls")" >"$root/proc/sys/kernel/random/boot_id"
    # What the boot loader boots by itself: of a host without one the profile.
    system=$(readlink -f "$root/nix/var/nix/profiles/system")
    entries=$root/boot/loader/entries menu=$root/boot/grub/grub.cfg
    if [ -r "$entries/../loader.conf" ]; then
        system=$(sed -n 's/^default //p' "$entries/../loader.conf")
        if [ -e "$place/oneshot" ] && [ "$how" != panics ]; then system=$(cat "$place/oneshot"); fi
        system=$(sed -n 's|^options init=\(.*\)/init .*|\1|p' "$entries/$system")
    elif [ -r "$menu" ]; then
        title='menuentry "NixOS"'
        if [ -e "$place/oneshot" ] && [ "$how" != panics ]; then title="menuentry \"$(sed 's/.*>//' "$place/oneshot")\""; fi
        system=$(grep -A 2 "^ *$title" "$menu" | sed -n 's|.* init=\(.*\)/init .*|\1|p' | head -n 1)
    fi
    rm -f "$place/oneshot"
    if [ "$how" != old ]; then
        for link in booted-system current-system; do ln -sfn "$system" "$root/run/$link"; done
    fi
    rm -rf "$root/run/nixhop" "$root/run/keys/"*
    case $how in
    never) echo off >"$place/knobs/down" ;;
    key) echo key-changed >"$place/knobs/down" ;;
    slow) echo off >"$place/knobs/down" && (sleep 0.5 && rm "$place/knobs/down") >/dev/null 2>&1 & ;;
    esac
    "$place/bin/cut-link"
    ;;
is-active*)
    if [ -e "$place/units/${unit-}" ]; then echo active; else echo inactive && exit 3; fi
    ;;
esac
