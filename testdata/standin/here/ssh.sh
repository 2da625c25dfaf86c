#!/bin/sh
# What a host means the real ssh says; the rest is ssh-client's.
place=${0%/bin/*}
if [ "$1" = -G ]; then exec "$place/../system/ssh" "$@"; fi
exec "$place/bin/ssh-client" "$@"
