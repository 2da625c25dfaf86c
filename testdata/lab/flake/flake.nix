{
  description = "systems for the lab: what nixhop reads of a NixOS configuration, without nixpkgs";

  outputs = { self }: {
    nixosConfigurations = import ./hosts.nix;
  };
}
