# Stands in for <nixpkgs/nixos>: -I nixpkgs=testdata/lab/flake/nixpkgs -I nixos-config=FILE
# FILE is a set of the parameters that ../../system.nix takes.
{ configuration ? <nixos-config> }:
let
  evaluated = import ../../system.nix (import configuration);
in
{
  inherit (evaluated) config;
  system = evaluated.config.system.build.toplevel;
}
