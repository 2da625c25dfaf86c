#!/bin/sh
# What Nix tells of itself and which configurations the flake has, which is asked often; the rest is nix-command's.
place=${0%/bin/*}
version=2.28.3 machine=x86_64 trusted=1
knob() {
    if [ -r "$place/knobs/$1" ]; then read -r "$1" <"$place/knobs/$1"; fi
}
case $* in
--version)
    knob nix
    echo "nix (Nix) ${nix:-$version}"
    ;;
'store ping')
    knob nix
    knob trusted
    if [ "$trusted" = no ]; then trusted=0; fi
    printf 'Store URL: daemon\nVersion: %s\nTrusted: %s\n' "${nix:-$version}" "$trusted" >&2
    ;;
*show-config*)
    knob machine
    keys=cache.nixos.org-1:abc= signs='' sigs=true
    knob keys
    knob signs
    knob sigs
    cat <<END
builders =
experimental-features = flakes nix-command
extra-platforms = i686-linux
max-jobs = 2
require-sigs = $sigs
secret-key-files = $signs
system = $machine-linux
system-features = benchmark big-parallel kvm nixos-test
trusted-public-keys = $keys
trusted-users = root @wheel
END
    ;;
*'store diff-closures '*)
    printf 'nginx: 1.24.0 \342\206\222 1.26.2, \033[31;1m+16.2 KiB\033[0m\n'
    ;;
*'path-info -S '*)
    for path; do
        case $path in */nix/store/*) printf '%s\t%s\n' "$path" 1468006400 ;; esac
    done
    ;;
*'let inventory = '*)
    exec "$place/bin/nix-command" "$@"
    ;;
*" --apply builtins.attrNames"*)
    names=
    LC_ALL=C
    for file in "$place"/../configurations/*; do names="$names,\"${file##*/}\""; done
    if [ "$names" = ',"*"' ]; then names=; fi
    printf '[%s]\n' "${names#,}"
    ;;
*)
    exec "$place/bin/nix-command" "$@"
    ;;
esac
printf 'nix %s\n' "$*" >>"$place/looks"
