# Runs on the target, as root, from standard input: makes a system what boots that was booted once, and has come up.
# Argument: the store path of the system, or nothing for what was booted.
# Set by the caller in front of this text: was profile programs; was: what boots until then, where that is known; and the functions of once.sh
# shellcheck shell=sh disable=SC2154

{
    trap '' HUP PIPE
    PATH=${PATH-}${PATH:+:}$programs
    export PATH
    booted=$(readlink -f /run/booted-system 2>/dev/null) current=$(readlink -f /run/current-system 2>/dev/null)
    wanted=${1:-$booted} next=$(readlink -f "$profile" 2>/dev/null)
    refuse() {
        printf 'refused=%s\n' "$1"
        exit 1
    }
    if [ "$booted" != "$wanted" ] || [ "$current" != "$wanted" ]; then refuse "it has booted $booted, and runs $current"; fi
    if [ "$next" != "$wanted" ]; then
        if [ -n "$was" ] && [ "$next" != "$was" ]; then refuse "its profile is $next now: somebody else has changed it"; fi
        generation_of "$wanted" || refuse "it is no generation of its profile any more"
        set_default "$generation" "$wanted" || refuse "its boot loader could not be told so"
    fi
    printf 'kept=%s\n' "$wanted"
    exit 0
}
