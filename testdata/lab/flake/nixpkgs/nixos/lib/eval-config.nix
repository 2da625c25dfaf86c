# Stands in for nixos/lib/eval-config.nix: a NixOS configuration of modules. ../../lib may be nixpkgs' own.
{ system ? null, modules, specialArgs ? { }, ... }:
let
  lib = import ../../lib;
  platform = { lib, ... }: { config.nixpkgs.system = lib.mkIf (system != null) (lib.mkDefault system); };
in
lib.evalModules {
  modules = [ ../modules/system.nix platform ] ++ modules;
  specialArgs = { modulesPath = toString ../modules; pkgs = { inherit lib system; writeText = builtins.toFile; }; } // specialArgs;
}
