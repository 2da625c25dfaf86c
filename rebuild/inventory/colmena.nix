# The nodes of a colmena hive: what each says of its deployment, and its configuration.
# hive: what a file holds, or the output "colmena" of a flake; or the output "colmenaHive", of which colmena itself has
# made configurations already.
hive:
let
  made = hive ? __schema;
  raw = if builtins.isFunction hive || hive ? __functor then hive { } else hive;
  meta =
    if raw ? meta && raw ? network then throw "nixhop: the hive has both `meta` and `network`, and one of them is meant"
    else raw.meta or raw.network or { };
  names =
    if made then builtins.attrNames hive.nodes
    else builtins.filter (name: !builtins.elem name [ "defaults" "meta" "network" ]) (builtins.attrNames raw);

  # A flake is evaluated in purity, where nothing says for which system a nixpkgs is meant that is not called yet.
  pure = !(builtins ? currentSystem);
  packages = option: value:
    if builtins.isAttrs value && value ? path && value ? lib && !(value ? outputs) then value
    else if pure then throw "nixhop: ${option} is no set of packages; in a flake it says for which system: ${option} = import nixpkgs { system = \"x86_64-linux\"; }"
    else if builtins.isFunction value then packages option (value { overlays = [ ]; })
    else packages option (import value);
  common = packages "meta.nixpkgs" (meta.nixpkgs or (
    if pure then throw "nixhop: the hive has no meta.nixpkgs, which one in a flake needs" else <nixpkgs>
  ));
  packagesOf = name:
    if meta ? nodeNixpkgs.${name} then packages "meta.nodeNixpkgs.${name}" meta.nodeNixpkgs.${name}
    else common;

  # What was said where the packages were made counts for the node, too, before what it says itself. Before 22.11 the
  # settings had no type that two of them could be merged by.
  inherited = own: { lib, ... }: {
    _file = "the meta.nixpkgs of the hive";
    nixpkgs.overlays = lib.mkBefore own.overlays;
    nixpkgs.config =
      if lib.versionAtLeast lib.version "22.11pre" then lib.mkBefore own.config else lib.mkOptionDefault own.config;
  };

  key = { lib, name, config, ... }:
    let
      inherit (lib) types;
      option = type: default: lib.mkOption { inherit type default; };
      maybe = type: option (types.nullOr type) null;
    in
    {
      options = {
        name = option types.str name;
        text = maybe types.str;
        keyFile = lib.mkOption {
          type = types.nullOr types.path;
          default = null;
          # As text, so that the file is not copied to where everybody can read it.
          apply = file: if file == null then null else toString file;
        };
        keyCommand = maybe (types.listOf types.str);
        destDir = option types.path "/run/keys";
        path = option types.path "${config.destDir}/${config.name}";
        user = option types.str "root";
        group = option types.str "root";
        permissions = option types.str "0600";
        uploadAt = option (types.enum [ "pre-activation" "post-activation" ]) "pre-activation";
      };
    };

  deployment = { name, lib, ... }:
    let
      inherit (lib) types;
      option = type: default: lib.mkOption { inherit type default; };
    in
    {
      _file = "the options of deployments";
      options.deployment = {
        targetHost = option (types.nullOr types.str) name;
        targetPort = option (types.nullOr types.int) null;
        targetUser = option (types.nullOr types.str) "root";
        tags = option (types.listOf types.str) [ ];
        buildOnTarget = option types.bool false;
        allowLocalDeployment = option types.bool false;
        replaceUnknownProfiles = option types.bool true;
        privilegeEscalationCommand = option (types.listOf types.str) [ "sudo" "-H" "--" ];
        sshOptions = option (types.listOf types.str) [ ];
        keys = option (types.attrsOf (types.submodule key)) { };
      };
    };

  evaluate = more: name:
    let own = packagesOf name; in
    import (own.path + "/nixos/lib/eval-config.nix") {
      inherit (own) system;
      modules = [ (inherited own) deployment (raw.defaults or { }) ] ++ more
        ++ (if builtins.isList raw.${name} then raw.${name} else [ raw.${name} ]);
      specialArgs = { inherit name; nodes = each (evaluate [{ _module.check = false; }]); }
        // (meta.specialArgs or { }) // (meta.nodeSpecialArgs.${name} or { });
    };
  each = of: builtins.listToAttrs (map (name: { inherit name; value = of name; }) names);

  configurations = if made then hive.nodes else each (evaluate [ ]);
  said = if made then hive.metaConfig or { } else meta;
in
{
  inherit names configurations;

  # What is set of the whole hive, beside what makes configurations.
  set = (if said.machinesFile or null != null then [ "meta.machinesFile" ] else [ ])
    ++ (if said.allowApplyAll or true then [ ] else [ "meta.allowApplyAll" ]);

  # Only asked for keys that are about to be sent.
  texts = name: ids:
    builtins.listToAttrs (map (id: { name = id; value = configurations.${name}.config.deployment.keys.${id}.text; }) ids);

  describe = name:
    let
      configuration = configurations.${name};
      options = configuration.options.deployment;
      inherit (configuration.config) deployment;
    in
    {
      inherit name;
      inherit (deployment) tags;
      host = deployment.targetHost;
      user = deployment.targetUser;
      port = deployment.targetPort;
      inherit (deployment) buildOnTarget;
      # What colmena's makeHive has made may be by an older one.
      sshOptions = deployment.sshOptions or [ ];
      # A default has priority 1500 (lib/modules.nix).
      set = builtins.filter (option: (options.${option}.highestPrio or 1500) < 1500) (builtins.attrNames options);
      keys = map
        (id:
          let one = deployment.keys.${id}; in
          {
            inherit (one) name path user group permissions;
            inherit id;
            after = one.uploadAt == "post-activation";
            file = one.keyFile;
            command = if one.keyCommand == null then [ ] else one.keyCommand;
          })
        (builtins.attrNames deployment.keys);
    };
}
