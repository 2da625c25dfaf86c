# What a deployment must know of a configuration before it is built. Everything here is cheap next to the system itself, and
# none of it may fail: a configuration can lack any of these. A result of null is: not known.
configuration:
let
  attempt = value: fallback:
    let tried = builtins.tryEval value;
    in if tried.success && tried.value != null then tried.value else fallback;
  config = configuration.config;

  options = attempt (configuration.options.nixpkgs or { }) { };
  option = name: attempt (options.${name} or { }) { };
  defined = name: attempt ((option name).isDefined or false) false;
  # As lib/modules.nix counts: 1500 is an option's own default, 1000 what lib.mkDefault says, and the lower one wins.
  priority = name: attempt ((option name).highestPrio or 1500) 1500;

  said = part: attempt (config.nixpkgs.${part}.system or null) null;
  made = part: attempt (configuration.pkgs.stdenv.${part}.system or null) null;
  # The options that came before hostPlatform; `system` is also what the argument of that name of nixosSystem sets, by mkDefault.
  legacy = if attempt (config.nixpkgs.crossSystem or null == null) true then said "localSystem" else null;
  # Where pkgs is given, no platform that the options name has an effect (nixos/modules/misc/nixpkgs.nix).
  platform = part:
    if defined "pkgs" then attempt (made part) (said part)
    else attempt (said part) (attempt legacy (made part));
  system = platform "hostPlatform";

  # Whether the platform is only implied, so that a build platform would count for nothing without a host platform beside it.
  implied = options ? hostPlatform && !(defined "hostPlatform");
  refused =
    if !(attempt (configuration ? extendModules) false) then [ "extendModules" ]
    else if defined "pkgs" then [ "nixpkgs.pkgs" ]
    else if options != { } && !(options ? buildPlatform) then [ "nixpkgs.buildPlatform" ]
    else if !implied then [ ]
    else
      (if priority "crossSystem" < 1500 then [ "nixpkgs.crossSystem" ] else [ ])
      ++ (if priority "localSystem" < 1500 then [ "nixpkgs.localSystem" ] else [ ])
      ++ (if priority "system" < 1000 then [ "nixpkgs.system" ] else [ ]);
  # Names of files, without their context: none of them is to be copied.
  files = name: map (file: builtins.unsafeDiscardStringContext (toString file))
    (attempt ((option (builtins.replaceStrings [ "nixpkgs." ] [ "" ] name)).files or [ ]) [ ]);
in
{
  hostName = attempt (config.networking.hostName or null) null;
  inherit system implied refused;
  buildSystem = attempt (platform "buildPlatform") system;
  # Where what stands in the way of another build platform is set.
  files = if refused == [ ] then [ ] else files (builtins.head refused);
}
