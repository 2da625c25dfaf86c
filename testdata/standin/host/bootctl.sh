#!/bin/sh
# What of systemd-boot a deployment has to do with: where its files are, and what it boots once.
place=${0%/bin/*}
case $1 in
--print-esp-path | --print-boot-path) echo "$place/root/boot" ;;
set-oneshot)
    echo "bootctl $*" >>"$place/calls"
    if [ -e "$place/knobs/no-oneshot" ]; then echo 'Failed to update EFI variable LoaderEntryOneShot: Read-only file system' >&2 && exit 1; fi
    printf '%s\n' "$2" >"$place/oneshot"
    ;;
*) exit 1 ;;
esac
