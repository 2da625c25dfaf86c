# Stands in for nixpkgs: a set of packages without any, for `import nixpkgs { system = ...; }`.
{ system ? builtins.currentSystem, config ? { }, overlays ? [ ] }:
{
  inherit system config overlays;
  path = ./.;
  lib = import ./lib;
  stdenv.hostPlatform = { inherit system; };
}
