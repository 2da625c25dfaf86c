#!/bin/sh
# Makes root of whoever it lets: everybody ("free"), those who know the password, which is "secret", and more as the knob sudo has it.
place=${0%/bin/*}
kind=free
if [ -r "$place/knobs/sudo" ]; then read -r kind <"$place/knobs/sudo"; fi
rules=
if [ -r "$place/knobs/sudo-rules" ]; then read -r rules <"$place/knobs/sudo-rules"; fi
quiet='' stdin='' list='' asked=''
while [ $# -gt 0 ]; do
    case $1 in
    --version) echo "Sudo version 1.9.17p1" && exit ;;
    -n) quiet=1 ;;
    -S) stdin=1 ;;
    -k) ;;
    --host=*) asked=${1#--host=} ;;
    -l) list=1 ;;
    -p) shift ;;
    *) break ;;
    esac
    shift
done
wants_password() {
    echo "sudo: a password is required" >&2
    exit 1
}
# ruled COMMAND...: a rule covers it.
ruled() (
    set -f
    words="/bin/${1##*/} $(shift && echo "$*" | sed "s|$place/root||g")"
    IFS=,
    for rule in $rules; do
        rule=${rule# }
        # A rule without arguments is about any.
        case $rule in *' '*) ;; *) rule="$rule *" ;; esac
        # shellcheck disable=SC2254
        case $words in $rule) exit 0 ;; esac
    done
    exit 1
)
case $kind in
locked)
    echo 'sudo: The "no new privileges" flag is set, which prevents sudo from running as root.' >&2
    echo 'sudo: If sudo is running in a container, you may need to adjust the container configuration to disable the flag.' >&2
    exit 1
    ;;
rules)
    if [ -n "$list" ] && [ $# -eq 0 ]; then printf '    (ALL : ALL) ALL\n    (root) NOPASSWD: %s\n' "$(echo "$rules" | sed 's/=/\\=/g')" && exit; fi
    if ruled "$@"; then kind=free; fi
    if [ -n "$list" ]; then [ "$kind" = free ] && echo "$*" && exit; exit 1; fi
    ;;
host) if [ "$asked" = "${place##*/} of ann" ]; then kind=free; fi ;;
pam) if [ -z "$quiet" ]; then kind=free; fi ;;
esac
if [ "$kind" != free ]; then
    if [ -n "$quiet" ]; then
        echo "sudo: unable to resolve host ${place##*/}: Name or service not known" >&2
        wants_password
    elif [ -z "$stdin" ]; then
        printf '%s ' "sudo: a terminal is required to read the password; either use the -S option" >&2
        echo "to read from standard input or configure an askpass helper" >&2
        wants_password
    fi
    IFS= read -r password
    if [ "$password" != secret ]; then
        printf 'Sorry, try again.\nsudo: no password was provided\nsudo: 1 incorrect password attempt\n' >&2
        exit 1
    fi
    if [ "$kind" = unserved ]; then
        echo "$USER is not in the sudoers file." >&2
        exit 1
    fi
fi
if [ -n "$list" ]; then echo "    (ALL : ALL) NOPASSWD: ALL" && exit; fi
case $* in
*'/bin/sh -s') ;; # a look
*) printf 'sudo %s\n' "$1" >>"$place/calls" ;;
esac
USER=root LOGNAME=root
export USER LOGNAME
exec "$@"
