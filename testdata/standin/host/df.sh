#!/bin/sh
# The room in the file system of each directory, in KiB or in inodes.
place=${0%/bin/*}
free=50000000
if [ -r "$place/knobs/space" ]; then read -r free <"$place/knobs/space"; fi
case $1 in *i*) free=5000000 ;; esac
shift
echo "Filesystem Total Used Available Capacity Mounted on"
for _; do echo "/dev/vda1 $((free + 1000000)) 1000000 $free 2% /"; done
