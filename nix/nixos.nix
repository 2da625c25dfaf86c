# programs.nixhop for NixOS.
{ config, lib, pkgs, ... }:
let
  cfg = config.programs.nixhop;
  # The real one gives way in the profile of the system, and is named by its place in the store.
  aliased = pkgs.callPackage ./as-nixos-rebuild.nix {
    nixhop = cfg.package;
    nixos-rebuild = config.system.build.nixos-rebuild;
  };
in
{
  imports = [ ./options.nix ];
  config = lib.mkIf cfg.enable {
    environment.systemPackages = [ (if cfg.aliasNixosRebuild then aliased else cfg.package) ];
    environment.variables = cfg.settings;
  };
}
