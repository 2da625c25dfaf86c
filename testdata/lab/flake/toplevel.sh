# shellcheck shell=sh disable=SC2154 # variables come from the derivation
# Builder of a system's top level: the files that nixos-rebuild, boot loaders and people look for in a real one.
PATH=/run/current-system/sw/bin:/usr/bin:/bin

mkdir -p "$out/bin" "$out/sw/bin" "$out/etc/systemd/system" "$out/specialisation"

script() { # path: an executable of what comes on standard input
	cat >"$1"
	chmod 755 "$1"
}

printf '%s' 26.05.lab >"$out/nixos-version"
printf '%s' "$platform" >"$out/system"
printf '%s' "$initInterfaceVersion" >"$out/init-interface-version"
ln -s "$kernel/bzImage" "$out/kernel"
ln -s "$kernel/initrd" "$out/initrd"
ln -s "$kernel" "$out/kernel-modules"
printf '%s' 'loglevel=4' >"$out/kernel-params"

printf '%s\n' "$hostName" >"$out/etc/hostname"
printf '%s\n' "$message" >"$out/etc/nixhop-message"
ln -s "$built" "$out/etc/nixhop-build"
printf '%s\n' "$system" >"$out/etc/nixhop-build-platform"
printf '%s' "$unitFiles" | while read -r name file; do
	cat "$file" >"$out/etc/systemd/system/$name"
done
printf '%s' "$specialisations" | while read -r name system; do
	ln -s "$system" "$out/specialisation/$name"
done

script "$out/sw/bin/nixos-version" <<END
#!/bin/sh
echo 26.05.lab
END
script "$out/init" <<END
#!/bin/sh
echo 'this is not a kernel; a lab host boots by its own systemd' >&2
exit 1
END
script "$out/activate" <<END
#!/bin/sh
exec /bin/sh $activation $out $activationLines
END
script "$out/dry-activate" <<END
#!/bin/sh
echo 'would set up /etc' >&2
END
script "$out/bin/switch-to-configuration" <<END
#!/bin/sh
export OUT=$out
export PRE_SWITCH_CHECK='/bin/sh $preSwitchCheck'
export INSTALL_BOOTLOADER='/bin/sh $bootLoader $bootLoaderLines'
exec /bin/sh $switchToConfiguration "\$@"
END
