# Runs on the target, or here where that is this machine: tells how a system differs from the one that runs. It changes nothing.
# Set by the caller in front of this text: new (empty: the generation before the current one) profile specialisation parts programs
# shellcheck shell=sh disable=SC2154

PATH=${PATH-}${PATH:+:}$programs
NO_COLOR=1 LC_ALL=C
export PATH NO_COLOR LC_ALL
if [ -z "$new" ]; then
    current=$(readlink "$profile")
    current=${current%-link} before=0
    for link in "$profile"-*-link; do
        n=${link#"$profile"-}
        n=${n%-link}
        case $n in '' | *[!0-9]*) continue ;; esac
        if [ "$n" -lt "${current##*-}" ] && [ "$n" -gt "$before" ]; then before=$n; fi
    done
    new=$profile-$before-link
fi
old=$(readlink -f /run/current-system) new=$(readlink -f "$new${specialisation:+/specialisation/$specialisation}")
nix() { command nix --extra-experimental-features nix-command "$@"; }
printf 'runs=%s\nwanted=%s\n' "$old" "$new"
[ -e "$new/nixos-version" ] || exit 0
printf 'there=yes\n'
printf 'from=%s\nto=%s\n' "$(cat "$old/nixos-version" 2>/dev/null)" "$(cat "$new/nixos-version" 2>/dev/null)"
# What only a boot brings, as far as the host tells what it has booted.
for part in $parts; do
    booted=/run/booted-system/$part
    # shellcheck disable=SC3013
    if [ -e "$booted" ] && [ -e "$new/$part" ] && ! [ "$booted" -ef "$new/$part" ]; then printf 'reboot=%s\n' "$part"; fi
done
nix path-info -S "$old" "$new" 2>/dev/null | while read -r path size; do
    [ "$path" != "$old" ] || printf 'from_size=%s\n' "$size"
    [ "$path" != "$new" ] || printf 'to_size=%s\n' "$size"
done
if [ "$old" = "$new" ] || ! [ -e "$old" ]; then exit 0; fi
if command -v dix >/dev/null; then
    printf 'tool=dix\n'
    dix "$old" "$new"
elif command -v nvd >/dev/null; then
    printf 'tool=nvd\n'
    nvd --color never diff "$old" "$new"
else
    printf 'tool=nix store diff-closures\n'
    nix store diff-closures "$old" "$new"
fi 2>&1 | sed -n '1,400p' # of a new release, thousands
