#!/bin/sh
# The boot loader of a lab host: boot-loader.sh LINES TOPLEVEL. Entries are as systemd-boot has them; a unit of the lab's
# root file system reads the default one at boot.
set -eu
# shellcheck source=/dev/null
(. "$1")
system=$2

if [ "${NIXOS_INSTALL_BOOTLOADER:-}" = 1 ]; then
	mkdir -p /boot/EFI/systemd
	echo 'the boot loader' >/boot/EFI/systemd/systemd-bootx64.efi
	echo "Copied \"$system/sw/systemd-bootx64.efi\" to \"/boot/EFI/systemd/systemd-bootx64.efi\"." >&2
fi

mkdir -p /boot/loader/entries /boot/EFI/nixos
kept=' '
keep() { # file in the store: copied to the boot partition under a name of its own
	name=$(readlink -f "$1")
	name=${name#/nix/store/}
	name=$(echo "$name" | tr / -).efi
	kept="$kept$name "
	[ -e "/boot/EFI/nixos/$name" ] && return
	# Under another name at first: half a kernel must not be booted.
	cat "$1" >"/boot/EFI/nixos/$name.tmp"
	mv "/boot/EFI/nixos/$name.tmp" "/boot/EFI/nixos/$name"
}

entries=' '
for link in /nix/var/nix/profiles/system-*-link /nix/var/nix/profiles/system-profiles/*-link; do
	[ -e "$link/init" ] || continue
	target=$(readlink -f "$link")
	entry=${link##*/}
	entry=nixos-${entry%-link}.conf
	keep "$target/kernel"
	kernel=$name
	keep "$target/initrd"
	cat >"/boot/loader/entries/$entry" <<-END
		title NixOS
		version ${link##*/} $(cat "$target/nixos-version")
		linux /EFI/nixos/$kernel
		initrd /EFI/nixos/$name
		options init=$target/init $(cat "$target/kernel-params")
	END
	entries="$entries$entry "
	[ "$target" != "$system" ] || printf 'timeout 5\ndefault %s\n' "$entry" >/boot/loader/loader.conf
done

# What no generation uses any more goes last, as in systemd-boot's own builder.
for file in /boot/loader/entries/* /boot/EFI/nixos/*; do
	case "$entries$kept" in
	*" ${file##*/} "*) ;;
	*) rm -f "$file" ;;
	esac
done
