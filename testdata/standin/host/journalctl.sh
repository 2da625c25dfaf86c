#!/bin/sh
# Tells what the stand-in for switch-to-configuration has logged, since a time; of units nobody has logged anything here.
place=${0%/bin/*} since=0
for word; do
    case $word in
    -u) exit ;;
    @*) since=${word#@} ;;
    esac
done
[ -r "$place/journal" ] || exit 0
while read -r at text; do
    if [ "$at" -ge "$since" ]; then printf '%s\n' "$text"; fi
done <"$place/journal"
