# programs.nixhop for Home Manager.
{ config, lib, pkgs, ... }:
let
  cfg = config.programs.nixhop;
  # The profile of a user stands before that of the system in PATH, where nixhop finds the real one.
  aliased = pkgs.callPackage ./as-nixos-rebuild.nix { nixhop = cfg.package; };
in
{
  imports = [ ./options.nix ];
  config = lib.mkIf cfg.enable {
    home.packages = [ (if cfg.aliasNixosRebuild then aliased else cfg.package) ];
    home.sessionVariables = cfg.settings;
  };
}
