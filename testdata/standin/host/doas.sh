#!/bin/sh
# Makes root of everybody, where it is "free".
place=${0%/bin/*}
kind=free
if [ -r "$place/knobs/doas" ]; then read -r kind <"$place/knobs/doas"; fi
if [ "$1" = -n ]; then shift; fi
if [ "$kind" != free ]; then
    echo "doas: Operation not permitted" >&2
    exit 1
fi
case $* in *"/bin/sh -s") ;; *) printf "doas %s\n" "$1" >>"$place/calls" ;; esac
USER=root LOGNAME=root
export USER LOGNAME
exec "$@"
