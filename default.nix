# For those without flakes: nix-build, or (import ./. { }) among the packages; ./nix/nixos.nix and ./nix/home-manager.nix
# are the modules.
{ pkgs ? import <nixpkgs> { } }:
pkgs.callPackage ./nix/package.nix { }
