# Stands in for <nixpkgs/nixos>: -I nixpkgs=testdata/lab/flake/nixpkgs -I nixos-config=FILE
# FILE is a set of the parameters that ../../system.nix takes. As there, extendModules is kept back, and a configuration may
# import others.
{ configuration ? <nixos-config> }:
let
  imported = if builtins.isAttrs configuration then configuration else { imports = [ configuration ]; };
  evaluated = builtins.foldl'
    (system: module: if builtins.isAttrs module then system.extendModules { modules = [ module ]; } else import ../../system.nix (import module))
    null
    imported.imports;
in
{
  inherit (evaluated) config options;
  system = evaluated.config.system.build.toplevel;
}
