#!/bin/sh
# Makes root of whoever it lets: everybody ("free"), or those who know the password, which is "secret".
place=${0%/bin/*}
kind=free
if [ -r "$place/knobs/sudo" ]; then read -r kind <"$place/knobs/sudo"; fi
quiet='' stdin='' list=''
while [ $# -gt 0 ]; do
    case $1 in
    --version) echo "Sudo version 1.9.17p1" && exit ;;
    -n) quiet=1 ;;
    -S) stdin=1 ;;
    -k) ;;
    -l) list=1 ;;
    -p) shift ;;
    *) break ;;
    esac
    shift
done
if [ "$kind" != free ]; then
    if [ -n "$quiet" ]; then
        echo "sudo: a password is required" >&2
        exit 1
    elif [ -z "$stdin" ]; then
        printf '%s ' "sudo: a terminal is required to read the password; either use the -S option" >&2
        echo "to read from standard input or configure an askpass helper" >&2
        echo "sudo: a password is required" >&2
        exit 1
    fi
    IFS= read -r password
    if [ "$password" != secret ]; then
        printf 'Sorry, try again.\nsudo: no password was provided\nsudo: 1 incorrect password attempt\n' >&2
        exit 1
    fi
fi
if [ -n "$list" ]; then echo "    (ALL : ALL) NOPASSWD: ALL" && exit; fi
[ "$1" = true ] || printf 'sudo %s\n' "$1" >>"$place/calls"
USER=root LOGNAME=root
export USER LOGNAME
exec "$@"
