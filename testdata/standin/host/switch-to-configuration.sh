#!/bin/sh
# Activates the system that it is part of, on the host in whose store it lies. What it does beside that is set by the
# knobs of the host: units, status, inhibits, loader, cut and goes-on.
trap '' PIPE HUP
action=$1
toplevel=$(cd "${0%/bin/*}" && pwd -P)
root=${toplevel%/nix/store/*}
place=${root%/*}
PATH=$place/bin:$place/../../tools
export PATH
knob() {
    if [ -r "$place/knobs/$1" ]; then cat "$place/knobs/$1"; fi
}
say() {
    printf '%s' "$1" >"$place/last-line"
    printf '%s\n' "$1" >&2
}

log() { if [ "$(knob journal)" != none ]; then printf '%s %s\n' "$(date +%s)" "$1" >>"$place/journal"; fi; }
system=${toplevel#"$root"}

printf 'switch-to-configuration %s\n' "$action" >>"$place/calls"
rm -f "$place"/happened-* "$place/shown"
# pause: cuts the link where that is to be lost now, and waits for what the activation is to wait for, for a minute at most.
pause() {
    if [ "$(knob cut)" = activation ]; then
        rm -f "$place/knobs/cut"
        cut-link
    fi
    event=$(knob goes-on)
    rm -f "$place/knobs/goes-on"
    n=0
    while [ -n "$event" ] && ! [ -e "$place/happened-$event" ] && [ "$n" -lt 600 ]; do
        sleep 0.1
        n=$((n + 1))
    done
}

inhibits=$(knob inhibits)
if [ -n "$inhibits" ] && [ "$action" != boot ]; then
    say "Checking switch inhibitors..."
    say "There are changes to critical components of the system:"
    say ""
    say "$inhibits"
    say ""
    say "Switching into this system is not recommended."
    say "You probably want to run 'nixos-rebuild boot' and reboot your system instead."
    say ""
    say "Pre-switch check 'switchInhibitors' failed"
    say "Pre-switch checks failed"
    exit 1
fi
case $action in
dry-activate)
    say "would activate the configuration..."
    exit
    ;;
boot | switch) say "updating systemd-boot from 257.5 to 257.6" ;;
esac
# The menu of the boot loader has every generation, and this system as what it boots by itself.
case $action:$(knob loader) in
boot:systemd-boot | switch:systemd-boot)
    mkdir -p "$root/boot/loader/entries"
    for link in "$root"/nix/var/nix/profiles/system-*-link; do
        n=${link%-link} n=${n##*-}
        echo "options init=$(readlink -f "$link")/init loglevel=4" >"$root/boot/loader/entries/nixos-generation-$n.conf"
        [ "$(readlink -f "$link")" != "$toplevel" ] || echo "default nixos-generation-$n.conf" >"$root/boot/loader/loader.conf"
    done
    ;;
boot:grub | switch:grub)
    mkdir -p "$root/boot/grub"
    # shellcheck disable=SC2016 # these are GRUB's own
    {
        printf 'if [ "${next_entry}" ]; then\n  set default="${next_entry}"\nelse\n  set default="0"\nfi\n'
        printf 'menuentry "NixOS" --class nixos {\nsearch --set=drive1\n  linux ($drive1)/kernel init=%s/init loglevel=4\n}\n' "$toplevel"
        printf 'submenu "NixOS - All configurations" --class submenu {\n'
        for link in "$root"/nix/var/nix/profiles/system-*-link; do
            n=${link%-link} n=${n##*-}
            printf 'menuentry "NixOS - Configuration %s (2026-11-27)" --class nixos {\nsearch --set=drive1\n' "$n"
            printf '  linux ($drive1)/kernel init=%s/init loglevel=4\n}\n' "$(readlink -f "$link")"
        done
        echo '}'
    } >"$root/boot/grub/grub.cfg"
    ;;
esac
if [ "$action" = boot ]; then exit; fi
status=$(knob status)
if [ "$status" = 1 ]; then
    say "Failed to run activate script"
    exit 1
fi
if [ "$status" = 100 ]; then
    say "won't take effect until you reboot the system"
    exit 100
fi
log "switching to system configuration $system"
say "activating the configuration..."
if [ -e "$place/../../while-activating" ]; then
    (cd "$place/../.." && mv while-activating activating && sh ./activating)
fi
pause
say "setting up /etc..."
if [ "$(knob keeps)" = yes ]; then
    log "finished switching to system configuration $system"
    exit 0
fi
rm -f "$root/run/current-system"
ln -s "$toplevel" "$root/run/current-system"
units=$(knob units)
if [ -n "$units" ]; then
    printf '%s\n' "$units" >"$place/knobs/failed"
    say "warning: the following units failed: $units"
    status=4
fi
case ${status:-0} in
0) log "finished switching to system configuration $system" ;;
*) log "switching to system configuration $system failed (status $status)" ;;
esac
if [ "$(knob cut)" = last ]; then
    rm -f "$place/knobs/cut"
    cut-link
fi
exit "${status:-0}"
