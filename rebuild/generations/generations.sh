# Runs on a host as the login, from standard input: tells the generations of a system profile, the newest one last, each in lines of
# key=value that begin with its number. It changes nothing.
# Set by the caller in front of this text: profile programs
# shellcheck shell=sh disable=SC2154
{
    PATH=${PATH-}${PATH:+:}$programs
    export PATH
    # put KEY VALUE: in one line, whatever the value holds.
    put() { printf '%s=%s\n' "$1" "$(printf '%s' "$2" | tr '\n' ' ')"; }
    # numbers: the generations, in their order.
    numbers() {
        for link in "$profile"-*-link; do
            n=${link#"$profile"-}
            n=${n%-link}
            case $n in '' | *[!0-9]*) ;; *) printf '%s\n' "$n" ;; esac
        done | sort -n
    }
    current=$(readlink "$profile")
    if [ -z "$current" ]; then
        echo "there is no profile $profile" >&2
        exit 1
    fi
    # When each was made, in the time of the host, by one program for all.
    dates=$(stat -c '%n %y' "$profile"-*-link)
    newline='
'
    for n in $(numbers); do
        link=$profile-$n-link
        [ -L "$link" ] || continue
        echo "generation=$n"
        date=${dates#*"$link "}
        [ "$date" = "$dates" ] || put date "${date%%"$newline"*}"
        version=
        if [ -r "$link/nixos-version" ]; then read -r version <"$link/nixos-version"; fi
        put version "$version"
        for kernel in "$link"/kernel-modules/lib/modules/*; do
            if [ -e "$kernel" ]; then
                put kernel "${kernel##*/}"
                break
            fi
        done
        if [ -x "$link/sw/bin/nixos-version" ]; then
            put revision "$("$link/sw/bin/nixos-version" --configuration-revision 2>/dev/null)"
        fi
        for special in "$link"/specialisation/*; do
            [ ! -d "$special" ] || put specialisation "${special##*/}"
        done
        [ "${current##*/}" != "${link##*/}" ] || echo current=yes
    done
    echo ended=yes
    exit 0
} </dev/null
