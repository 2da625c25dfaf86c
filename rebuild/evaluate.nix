# Evaluates a configuration to the derivation of its whole system, and tells the facts on the way, before the long part begins.
{ facts, buildPlatform ? null }:
configuration:
let
  # lib.mkForce, as nixpkgs/lib/modules.nix has it.
  force = content: { _type = "override"; priority = 50; inherit content; };
  chosen =
    if buildPlatform == null then configuration
    else configuration.extendModules { modules = [ { nixpkgs.buildPlatform = force buildPlatform; } ]; };
in
builtins.trace "nixhop-facts ${builtins.toJSON (facts chosen)}" chosen.config.system.build.toplevel.drvPath
