# Evaluates a configuration to the derivation of its whole system, and tells the facts on the way, before the long part begins.
# With a buildPlatform, a system such as "x86_64-linux", the system is cross-compiled from there, whatever the configuration says.
{ facts, buildPlatform ? null }:
configuration:
let
  # lib.mkForce and lib.mkDefault, as nixpkgs/lib/modules.nix has them.
  force = content: { _type = "override"; priority = 50; inherit content; };
  default = content: { _type = "override"; priority = 1000; inherit content; };

  before = facts configuration;
  crosses = buildPlatform != null && before.refused == [ ];
  platforms = { buildPlatform = force buildPlatform; }
    // (if before.implied then { hostPlatform = default before.system; } else { });
  chosen =
    if crosses then configuration.extendModules { modules = [ { nixpkgs = platforms; } ]; }
    else configuration;
  told = facts chosen // { inherit (before) refused files; };

  toplevel = chosen.config.system.build.toplevel;
  result =
    if buildPlatform == null then toplevel.drvPath
    else if !crosses then throw "nixhop: no build platform can be forced on this configuration, because of ${toString before.refused}"
    else if toplevel.system != buildPlatform then throw "nixhop: the build platform was forced to ${buildPlatform}, and the system is built on ${toplevel.system} all the same"
    else toplevel.drvPath;
in
builtins.trace "nixhop-facts ${builtins.toJSON told}" result
