# Runs on the target, as root, from standard input: has the host boot anew, behind a deployment, where it is to.
# Argument: the store path of the system that it is to boot, or nothing where only the host knows it.
# Set by the caller in front of this text: when once unit parts profile programs; when: always, or if-needed; once: yes, where the system is
# to be booted once, and to be made what boots (keep.sh) only when it was seen to come up; and the functions of once.sh
# shellcheck shell=sh disable=SC2154

{
    # It goes on where its connection is lost.
    trap '' HUP PIPE
    wanted=${1-}
    PATH=${PATH-}${PATH:+:}$programs
    export PATH
    current=$(readlink -f /run/current-system 2>/dev/null)
    next=$(readlink -f "$profile" 2>/dev/null)
    refuse() {
        printf 'refused=%s\n' "$1"
        exit 1
    }
    printf 'next=%s\n' "$next"
    due=
    for part in $parts; do
        booted=/run/booted-system/$part
        # shellcheck disable=SC3013
        if [ -e "$booted" ] && [ -e "$next/$part" ] && ! [ "$booted" -ef "$next/$part" ]; then due="$due${due:+, }$part"; fi
    done
    if [ "$current" != "$next" ]; then due="$due${due:+, }the system that boots next"; fi
    printf 'due=%s\n' "$due"
    if [ "$when" = if-needed ] && [ -z "$due" ]; then exit 0; fi

    if [ -n "$wanted" ] && [ "$next" != "$wanted" ]; then refuse "its profile is $next now: somebody else has changed it"; fi
    # That of this very deployment may need a moment to be gone.
    busy() {
        if [ -L /run/nixhop/guarded ]; then printf 'a guard that waits for its proof'; fi
        systemctl list-units --all --plain --no-legend --no-pager "$unit*" 2>/dev/null | while read -r name _ active sub _; do
            case $active,$sub in
            *,exited) ;;
            active,* | activating,* | deactivating,* | reloading,*) printf '%s' "$name" && break ;;
            esac
        done
    }
    n=0
    while other=$(busy) && [ -n "$other" ]; do
        n=$((n + 1))
        [ "$n" -lt 50 ] || refuse "another deployment is at work there ($other)"
        sleep 0.2
    done
    was=$(readlink -f /run/booted-system 2>/dev/null)
    if [ -n "$once" ] && [ "$was" != "$next" ]; then
        if prepare_once "$next" "$was"; then
            printf 'once=%s\nwas=%s\n' "$loader" "$was"
        elif [ -n "$undone" ]; then
            refuse "$undone"
        else
            printf 'plain=%s\n' "$why"
        fi
    fi
    printf 'asked=yes\n'
    if [ -d /run/systemd/system ]; then says=$(systemctl reboot 2>&1); else says=$(reboot 2>&1); fi
    status=$?
    [ "$status" != 0 ] || exit 0
    if [ -n "${after-}" ] && ! set_default "$after" "$next"; then says="$says; the next boot takes $was"; fi
    refuse "${says:-it ended with $status}"
}
