# Runs on the target: tells which units have failed, and of those that had not failed before what they ended with and said last.
# Set by the caller in front of this text: before programs
# shellcheck shell=sh disable=SC2154

PATH=${PATH-}${PATH:+:}$programs
export PATH
systemctl list-units --failed --plain --no-legend --no-pager | {
    n=0
    while read -r unit _; do
        printf 'failed=%s\n' "$unit"
        case " $before " in *" $unit "*) continue ;; esac
        n=$((n + 1))
        [ "$n" -le 5 ] || continue
        result=$(systemctl show -p Result --value -- "$unit")
        status=$(systemctl show -p ExecMainStatus --value -- "$unit")
        if [ -n "$result" ]; then printf 'said=%s: %s, status %s\n' "$unit" "$result" "${status:-unknown}"; fi
        journalctl --boot --quiet --no-pager -o cat -n 5 -u "$unit" 2>/dev/null | while IFS= read -r line; do
            printf 'said=%s: %s\n' "$unit" "$line"
        done
    done
}
