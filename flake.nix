{
  description = "A nixos-rebuild that knows your ssh hosts";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.11";

  outputs = { self, nixpkgs }:
    let
      systems = [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" ];
      each = f: builtins.listToAttrs (map (name: { inherit name; value = f nixpkgs.legacyPackages.${name}; }) systems);

      changed = self.lastModifiedDate or "19700101000000";
      date = "${builtins.substring 0 4 changed}-${builtins.substring 4 2 changed}-${builtins.substring 6 2 changed}";
      version = "unstable-${date}+${self.shortRev or self.dirtyShortRev or "dirty"}";
      package = pkgs: pkgs.callPackage ./nix/package.nix { inherit version date; };

      withPackage = module: { lib, pkgs, ... }: {
        imports = [ module ];
        programs.nixhop.package = lib.mkDefault self.packages.${pkgs.stdenv.hostPlatform.system}.nixhop;
      };
    in
    {
      packages = each (pkgs: rec {
        nixhop = package pkgs;
        default = nixhop;
      });
      overlays.default = final: _: { nixhop = package final; };

      apps = each (pkgs: {
        default = { type = "app"; program = "${self.packages.${pkgs.stdenv.hostPlatform.system}.nixhop}/bin/nixhop"; };
      });
      devShells = each (pkgs: {
        default = pkgs.mkShell {
          packages = [ pkgs.go pkgs.git pkgs.openssh pkgs.shellcheck pkgs.fish pkgs.zsh pkgs.mandoc ];
        };
      });
      # The package's own tests run as it is built.
      checks = each (pkgs: { inherit (self.packages.${pkgs.stdenv.hostPlatform.system}) nixhop; });
      formatter = each (pkgs: pkgs.nixpkgs-fmt);

      nixosModules.default = withPackage ./nix/nixos.nix;
      homeModules.default = withPackage ./nix/home-manager.nix;
    };
}
