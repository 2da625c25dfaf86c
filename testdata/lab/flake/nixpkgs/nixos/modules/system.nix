# The options that the systems of the lab have, of those of NixOS and of their own (lab: see ../../../system.nix). As the
# input of a flake nixpkgs stands alone, with a copy of that in ../../lab.
{ config, lib, ... }:
let
  inherit (lib) types;
  option = type: default: lib.mkOption { inherit type default; };
  system = import (if builtins.pathExists ../../lab then ../../lab/system.nix else ../../../system.nix) (config.lab // {
    inherit (config.networking) hostName;
    platform = config.nixpkgs.system;
  });
in
{
  options = {
    networking.hostName = option types.str "nixos";
    nixpkgs = {
      system = lib.mkOption { type = types.str; };
      config = option types.attrs { };
      overlays = option (types.listOf types.unspecified) [ ];
      hostPlatform = option types.unspecified { system = config.nixpkgs.system; };
      buildPlatform = option types.unspecified config.nixpkgs.hostPlatform;
      pkgs = lib.mkOption { };
    };
    system.build = option types.attrs { };
    system.extraDependencies = option (types.listOf types.unspecified) [ ];
    system.nixos.version = option types.str "26.05.lab";
    # What the guides' configuration.nix sets, and has no effect here.
    system.stateVersion = option types.str "";
    services = option types.attrs { };
    users = option types.attrs { };
    environment = option types.attrs { };
    lab = option types.attrs { };
  };
  config.system.build.toplevel = system.config.system.build.toplevel;
}
