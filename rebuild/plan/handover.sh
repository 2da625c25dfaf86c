# Makes a <nixpkgs/nixos> that is nothing but one derivation.
# Arguments: the derivation; the directory that is to be <nixpkgs>.
# shellcheck shell=sh
set -e
tools=$2/nixos/modules/installer/tools
mkdir -p "$tools"
# nixos-rebuild asks this for a version, to write it beside <nixpkgs>; it gets none.
: >"$tools/get-version-suffix"
cat >"$2/nixos/default.nix" <<END
let
  system = import $1;
in
{
  inherit system;
  config.system.build.toplevel = system;
}
END
