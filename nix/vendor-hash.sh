#!/bin/sh
# The hash of what `go mod vendor` makes, as package.nix needs it.
#
#   vendor-hash.sh           print it
#   vendor-hash.sh --write   write it into package.nix
set -eu
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
go mod vendor -o "$scratch/vendor"
hash=$(nix --extra-experimental-features nix-command hash path "$scratch/vendor")

case ${1-} in
'') echo "$hash" ;;
--write)
	sed "s|vendorHash = \".*\";|vendorHash = \"$hash\";|" nix/package.nix >"$scratch/package.nix"
	cat "$scratch/package.nix" >nix/package.nix
	;;
*)
	echo 'usage: vendor-hash.sh [--write]' >&2
	exit 2
	;;
esac
