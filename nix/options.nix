# The options of programs.nixhop, the same for NixOS and Home Manager.
{ lib, pkgs, ... }:
{
  options.programs.nixhop = {
    enable = lib.mkOption {
      type = lib.types.bool;
      default = false;
      description = "Whether to install nixhop, a nixos-rebuild that knows your ssh hosts.";
    };
    package = lib.mkOption {
      type = lib.types.package;
      default = pkgs.callPackage ./package.nix { };
      defaultText = "the package of nixhop's flake, or the same made with these nixpkgs";
      description = "The nixhop to install.";
    };
    aliasNixosRebuild = lib.mkOption {
      type = lib.types.bool;
      default = false;
      description = "Whether nixos-rebuild means nixhop, too. Without a host that is the real one, word for word.";
    };
    settings = lib.mkOption {
      type = lib.types.attrsOf lib.types.str;
      default = { };
      example = { NIXHOP_SSH_CONFIG = "/etc/ssh/hosts"; };
      description = "Variables of the environment that nixhop reads; nixhop help environment lists them.";
    };
  };
}
