# One system: what `nixosConfigurations.NAME` is, as far as a deployment reads it.
{ hostName
, platform
, buildPlatform ? platform
  # Ends up in /etc/nixhop-message: a change that can be seen on the host.
, message ? "hello from ${hostName}"
  # File name -> text of a systemd unit; all of them are started.
, units ? { }
  # Name -> the parameters that differ in it.
, specialisation ? { }
  # What a real configuration's options.nixpkgs says: whether and how strongly an option is defined.
, nixpkgs ? { hostPlatform.isDefined = true; buildPlatform = { }; }
  # Lines of shell for what a real configuration has at these places.
, build ? ""
, activate ? ""
, installBootLoader ? ""
, preSwitchCheck ? ""
, initInterfaceVersion ? "2"
, kernelVersion ? "6.18.0"
}@parameters:

let
  # What these derivations are built by is on every host: they need no other derivation and no network.
  derive = name: attributes: derivation ({
    inherit name;
    system = buildPlatform;
    builder = "/bin/sh";
  } // attributes);

  listed = set: builtins.concatStringsSep "" (map (name: "${name} ${set.${name}}\n") (builtins.attrNames set));

  kernel = derive "linux-${kernelVersion}" {
    args = [ "-eu" ./kernel.sh ];
    inherit kernelVersion;
  };

  built = derive "nixhop-build-${hostName}" {
    args = [ "-euc" "PATH=/run/current-system/sw/bin:/usr/bin:/bin\n${build}\necho done >$out" ];
    # A new message is a new build.
    inherit message;
  };

  extended = changes: import ./system.nix (parameters // changes);

  toplevel = derive "nixos-system-${hostName}-26.05.lab" {
    args = [ "-eu" ./toplevel.sh ];
    inherit hostName message kernel built initInterfaceVersion;
    platform = platform;
    switchToConfiguration = ./switch-to-configuration.sh;
    bootLoader = ./boot-loader.sh;
    activation = ./activate.sh;
    bootLoaderLines = builtins.toFile "boot-loader-lines" installBootLoader;
    activationLines = builtins.toFile "activation-lines" activate;
    preSwitchCheck = builtins.toFile "pre-switch-checks" preSwitchCheck;
    unitFiles = listed (builtins.mapAttrs builtins.toFile units);
    specialisations = listed (builtins.mapAttrs
      (name: changes: (extended (changes // { specialisation = { }; })).config.system.build.toplevel)
      specialisation);
  };

  # A value may stand in lib.mkForce, a platform may be a name or a set.
  platformOf = value:
    if value ? _type && value._type == "override" then platformOf value.content
    else if builtins.isAttrs value then value.system
    else value;
in
{
  options = { inherit nixpkgs; };
  config = {
    networking.hostName = hostName;
    nixpkgs.hostPlatform.system = platform;
    nixpkgs.buildPlatform.system = buildPlatform;
    system.build.toplevel = toplevel;
    system.nixos.version = "26.05.lab";
  };

  # Of a module, the build platform alone has a meaning here.
  extendModules = { modules ? [ ] }: extended (builtins.foldl'
    (changes: module: changes // (
      if module ? nixpkgs.buildPlatform
      then { buildPlatform = platformOf module.nixpkgs.buildPlatform; }
      else { }
    ))
    { }
    modules);
}
