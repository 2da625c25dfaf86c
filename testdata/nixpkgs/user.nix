# The flake of somebody who has nixhop on a NixOS machine and with Home Manager, as the README has it.
{
  inputs.nixpkgs.url = "path:NIXPKGS";
  inputs.nixhop = { url = "path:NIXHOP"; inputs.nixpkgs.follows = "nixpkgs"; };

  outputs = { self, nixpkgs, nixhop }:
    let
      inherit (nixpkgs) lib;
      pkgs = nixpkgs.legacyPackages.${builtins.currentSystem};
      option = type: lib.mkOption { inherit type; };
      nixos = {
        options.environment.systemPackages = option (lib.types.listOf lib.types.package);
        options.environment.variables = option (lib.types.attrsOf lib.types.str);
        options.system.build.nixos-rebuild = option lib.types.package;
        config.system.build.nixos-rebuild = pkgs.nixpkgs-fmt;
      };
      home = {
        options.home.packages = option (lib.types.listOf lib.types.package);
        options.home.sessionVariables = option (lib.types.attrsOf lib.types.str);
      };
      config = modules: (lib.evalModules { inherit modules; specialArgs = { inherit pkgs; }; }).config;
      aliased.programs.nixhop = { enable = true; aliasNixosRebuild = true; settings.NIXHOP_SSH_CONFIG = "/etc/ssh/hosts"; };
      of = package: { name = package.name; priority = package.meta.priority or 5; };
    in
    {
      facts = {
        plain = map of (config [ nixhop.nixosModules.default nixos { programs.nixhop.enable = true; } ]).environment.systemPackages;
        nixos = let c = config [ nixhop.nixosModules.default nixos aliased ]; in
          { packages = map of c.environment.systemPackages; inherit (c.environment) variables; };
        home = let c = config [ nixhop.homeModules.default home aliased ]; in
          { packages = map of c.home.packages; variables = c.home.sessionVariables; };
        overlay = (nixhop.overlays.default pkgs pkgs).nixhop.name;
        license = nixhop.packages.${builtins.currentSystem}.default.meta.license.spdxId;
      };
      onNixos = builtins.head (config [ nixhop.nixosModules.default nixos aliased ]).environment.systemPackages;
      atHome = builtins.head (config [ nixhop.homeModules.default home aliased ]).home.packages;
    };
}
