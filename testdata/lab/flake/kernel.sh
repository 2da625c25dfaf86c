# shellcheck shell=sh disable=SC2154 # variables come from the derivation
# Builder of the kernel and its initial RAM disk: 64 KiB each, so that a small /boot can be too small.
PATH=/run/current-system/sw/bin:/usr/bin:/bin
mkdir -p "$out/lib/modules/$kernelVersion"
line=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde
n=0
while [ $n -lt 1024 ]; do
	printf '%s\n' "$line"
	n=$((n + 1))
done >"$out/bzImage"
cat "$out/bzImage" >"$out/initrd"
echo "$kernelVersion" >"$out/lib/modules/$kernelVersion/version"
