# The nodes of a network of NixOps or of morph: what each says of its deployment, and its configuration.
# kind: "nixops" or "morph". network: what a file holds, or the output "nixopsConfigurations.default" of a flake.
kind: network:
let
  nixops = kind == "nixops";
  raw = if builtins.isFunction network || network ? __functor then network { } else network;
  about = raw.network or { };
  reserved = [ "network" "defaults" "resources" "require" "nixpkgs" "_file" ];
  names = builtins.filter (name: !builtins.elem name reserved) (builtins.attrNames raw);

  # A set of packages, or where nixpkgs lies.
  given = if nixops then raw.nixpkgs or about.nixpkgs or null else about.pkgs or null;
  here = builtins ? currentSystem;
  packages =
    if given != null then given
    else if here then <nixpkgs>
    else throw "nixhop: the network has no nixpkgs, which one in a flake needs";
  made = builtins.isAttrs packages && packages ? path && packages ? lib && !(packages ? outputs);
  tree = if made then packages.path else packages;
  evalConfig = about.evalConfig or (tree + "/nixos/lib/eval-config.nix");

  # What of it is set and not acted on; the first two only say something of it.
  set =
    map (option: "network." + option)
      (builtins.filter (option: !builtins.elem option [ "description" "pkgs" "nixpkgs" "evalConfig" "lib" "runCommand" ]) (builtins.attrNames about))
    ++ (if raw ? resources then [ "resources" ] else [ ]);

  key = { lib, name, config, ... }:
    let
      inherit (lib) types;
      option = type: default: lib.mkOption { inherit type default; };
    in
    {
      options = {
        text = option (types.nullOr types.str) null;
        keyFile = lib.mkOption {
          type = types.nullOr types.path;
          default = null;
          # As text, so that the file is not copied to where everybody can read it.
          apply = file: if file == null then null else toString file;
        };
        keyCommand = option (types.nullOr (types.listOf types.str)) null;
        destDir = option types.path "/run/keys";
        path = option types.path "${config.destDir}/${name}";
        user = option types.str "root";
        group = option types.str "root";
        permissions = option types.str "0600";
      };
    };

  secret = { lib, ... }:
    let
      inherit (lib) types;
      option = type: default: lib.mkOption { inherit type default; };
    in
    {
      options = {
        source = lib.mkOption { type = types.str; };
        destination = lib.mkOption { type = types.str; };
        owner.user = option types.str "root";
        owner.group = option types.str "root";
        permissions = option types.str "0400";
        action = option (types.listOf types.str) [ ];
        mkDirs = option types.bool true;
        uploadAt = option types.str "pre-activation";
      };
    };

  # A check of a node, by morph. One whose command is empty asks nothing.
  check = more: { lib, ... }:
    let inherit (lib) types; in
    {
      options = more lib (type: default: lib.mkOption { inherit type default; }) // {
        description = lib.mkOption { type = types.str; };
        period = lib.mkOption { type = types.int; default = 2; };
        timeout = lib.mkOption { type = types.int; default = 5; };
      };
    };
  checks = { lib, ... }:
    let
      inherit (lib) types;
      list = more: lib.mkOption { type = types.listOf (types.submodule (check more)); default = [ ]; };
    in
    {
      options = {
        cmd = list (lib: option: { cmd = option (types.nullOr (types.listOf types.str)) null; });
        http = list (lib: option: {
          host = option (types.nullOr types.str) null;
          scheme = option types.str "http";
          port = lib.mkOption { type = types.int; };
          path = option types.str "/";
          headers = option (types.attrsOf types.str) { };
          insecureSSL = option types.bool false;
        });
      };
    };

  # What makes machines, which is declared to be refused by its name.
  makers = [ "adhoc" "azure" "container" "digitalOcean" "ec2" "gce" "hetzner" "hetznerCloud" "libvirtd" "packet" "route53" "virtualbox" ];

  deployment = name: { lib, ... }:
    let
      inherit (lib) types;
      option = type: default: lib.mkOption { inherit type default; };
      each = options: builtins.listToAttrs (map (name: { inherit name; value = option types.attrs { }; }) options);
      both = {
        targetHost = option (types.nullOr types.str) name;
        targetUser = option (types.nullOr types.str) (if nixops then "root" else null);
        targetPort = option (types.nullOr types.int) null;
      };
    in
    {
      _file = "the options of deployments";
      config.networking.hostName = lib.mkOverride 900 name;
      options.deployment = both // (if nixops then each makers // {
        targetEnv = option types.str "none";
        hasFastConnection = option types.bool false;
        alwaysActivate = option types.bool true;
        provisionSSHKey = option types.bool true;
        storeKeysOnMachine = option types.bool false;
        encryptedLinksTo = option (types.listOf types.str) [ ];
        owners = option (types.listOf types.str) [ ];
        sshOptions = option (types.listOf types.str) [ ];
        privilegeEscalationCommand = option (types.listOf types.str) [ "sudo" "-H" ];
        keys = option (types.attrsOf (types.submodule key)) { };
      } else {
        healthChecks = option (types.submodule checks) { };
        preDeployChecks = option (types.submodule checks) { };
        tags = option (types.listOf types.str) [ ];
        buildOnly = option types.bool false;
        substituteOnDestination = option types.bool false;
        secrets = option (types.attrsOf (types.submodule secret)) { };
      });
    };

  # What morph sets of each node: its own packages, and that the commands of its checks are on the host.
  morph = { lib, pkgs, config, ... }: {
    _file = "what morph adds to a node";
    nixpkgs.pkgs = lib.mkIf made (lib.mkDefault packages);
    system.extraDependencies = [
      (pkgs.writeText "healthcheck-commands.txt" (builtins.concatStringsSep "\n" (builtins.concatMap
        (check: if check.cmd == null then [ ] else check.cmd)
        (config.deployment.preDeployChecks.cmd ++ config.deployment.healthChecks.cmd))))
    ];
  };

  evaluate = more: name: import evalConfig {
    system = if made then packages.system else builtins.currentSystem or null;
    modules = [ (deployment name) raw.${name} ] ++ (if nixops then [ ] else [ morph ]) ++ more ++ (if raw ? defaults then [ raw.defaults ] else [ ]);
    specialArgs = { inherit name; nodes = all; }
      // (if nixops then {
        resources = { machines = builtins.mapAttrs (_: node: node.config) all; };
        uuid = throw "nixhop: no network has a uuid here, for nixhop keeps no state";
        deploymentName = throw "nixhop: no network has a name here, for nixhop keeps no state";
      } else { })
      // (about.specialArgs or { });
  };
  each = of: builtins.listToAttrs (map (name: { inherit name; value = of name; }) names);
  all = each (evaluate [{ _module.check = false; }]);
  configurations =
    if raw ? require && raw.require != [ ] then throw "nixhop: the network names others with `require`, which is not read; imports in its nodes are"
    else each (evaluate [ ]);

  describe = name:
    let
      configuration = configurations.${name};
      options = configuration.options.deployment;
      inherit (configuration.config) deployment;
      # A default has priority 1500 (lib/modules.nix).
      given = builtins.filter (option: (options.${option}.highestPrio or 1500) < 1500) (builtins.attrNames options);
    in
    {
      inherit name;
      tags = deployment.tags or [ ];
      host = deployment.targetHost;
      user = deployment.targetUser;
      port = deployment.targetPort;
      buildOnTarget = false;
      sshOptions = deployment.sshOptions or [ ];
      substitutes = if nixops then !deployment.hasFastConnection else deployment.substituteOnDestination;
      health = if nixops then null else { inherit (deployment.healthChecks) cmd http; };
      refused = if nixops && deployment.targetEnv != "none" then "deployment.targetEnv = \"${deployment.targetEnv}\"" else null;
      buildOnly = deployment.buildOnly or false;
      set = given;
      keys =
        if nixops then
          map
            (id:
              let one = deployment.keys.${id}; in
              {
                inherit (one) path user group permissions;
                inherit id;
                name = id;
                after = false;
                file = one.keyFile;
                command = if one.keyCommand == null then [ ] else one.keyCommand;
              })
            (builtins.attrNames deployment.keys)
        else
          map
            (id:
              let one = deployment.secrets.${id}; in
              {
                inherit (one) permissions action mkDirs;
                inherit (one.owner) user group;
                inherit id;
                name = id;
                path = one.destination;
                after = one.uploadAt == "post-activation";
                file = one.source;
                command = [ ];
              })
            (builtins.attrNames deployment.secrets);
    };
in
{
  inherit names configurations set describe;

  # Only asked for keys that are about to be sent.
  texts = name: ids:
    builtins.listToAttrs (map (id: { name = id; value = configurations.${name}.config.deployment.keys.${id}.text; }) ids);
}
