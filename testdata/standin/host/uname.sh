#!/bin/sh
# The kernel's name, the host's and the machine's, as far as they are asked for, in this order.
place=${0%/bin/*}
node=${place##*/} machine=x86_64
if [ -r "$place/knobs/hostname" ]; then read -r node <"$place/knobs/hostname"; fi
if [ -r "$place/knobs/machine" ]; then read -r machine <"$place/knobs/machine"; fi
text=
case $1 in *s*) text="$text Linux" ;; esac
case $1 in *n*) text="$text $node" ;; esac
case $1 in *m*) text="$text $machine" ;; esac
echo "${text# }"
