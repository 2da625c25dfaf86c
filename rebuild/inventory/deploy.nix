# The nodes of deploy-rs: what each says of its deployment, and the system in its profile "system".
# deploy: the output "deploy" of a flake.
deploy:
let
  nodes = if builtins.isAttrs deploy && builtins.isAttrs (deploy.nodes or null) then deploy.nodes else { };

  isPrefix = prefix: text: builtins.substring 0 (builtins.stringLength prefix) text == prefix;
  isSuffix = suffix: text:
    let at = builtins.stringLength text - builtins.stringLength suffix;
    in at >= 0 && builtins.substring at (-1) text == suffix;

  # The profile's path is a tree of links to the system and to a script (lib.activate in deploy-rs' flake.nix, which names
  # it by the name of the system). What it links to is told by buildEnv: by itself from 26.05 on, before that as what it was
  # called with.
  parts = path:
    path.passthru.paths or (path.override (old: { passthru = { inherit (old) paths; }; })).passthru.paths;
  systemOf = name: path:
    let
      no = why: throw "nixhop: profiles.system.path of node ${builtins.toJSON name} ${why}; deploy-rs makes one that does: deploy-rs.lib.SYSTEM.activate.nixos CONFIGURATION";
      all = parts path;
      system = builtins.head all;
      script = builtins.elemAt all 1;
      wrapped = builtins.isAttrs path && isPrefix "activatable-" (path.name or "") && (path ? passthru.paths || path ? override);
      whole = builtins.length all > 1 && path.name == "activatable-${system.name}" && script.name or "" == "${system.name}-activate-path";
      more = beyond (script.text or "");
    in
    if !wrapped || !whole then no "does not tell which system is in it"
    else if more == null then no "does not activate a NixOS system"
    else if more != [ ] then no "has an activation of its own, of which nixhop does nothing (${builtins.head more})"
    else system;

  # The lines of a script of activation, as activate.custom makes it, that are not those of activate.nixos; null: it is not
  # NixOS' own activation. The line of sed mends what the boot loader makes of a profile that is no system; nixhop's is one.
  beyond = text:
    let
      bare = line: builtins.head (builtins.match "[ \t]*(.*)" line);
      lines = map bare (builtins.filter builtins.isString (builtins.split "\n" text));
      behind = builtins.foldl'
        (seen: line: if seen == null then (if line == "else" then [ ] else null) else seen ++ [ line ])
        null
        lines;
      own = builtins.filter (line: line != "" && line != "fi" && !(isPrefix "#" line)) (if behind == null then [ ] else behind);
      switch = "$PROFILE/bin/switch-to-configuration switch";
      known = line: line == switch || line == "cd /tmp" || isPrefix "sed -i '/^default /d' " line && isSuffix "/loader/loader.conf" line;
    in
    if builtins.elem switch own then builtins.filter (line: !(known line)) own else null;

  # nixos-system-NAME-LABEL, where NAME is the host name, unless system.name is set (nixos/modules/system/activation/top-level.nix).
  hostNameOf = system:
    let
      label = "-${system.nixosLabel}";
      length = builtins.stringLength system.name - builtins.stringLength "nixos-system-" - builtins.stringLength label;
      name = builtins.substring 13 length system.name;
    in
    if !(system ? nixosLabel) || !(isPrefix "nixos-system-" system.name) || !(isSuffix label system.name) || length < 1 || name == "unnamed"
    then null else name;

  configurationOf = name:
    let system = systemOf name nodes.${name}.profiles.system.path; in
    {
      config = {
        system.build.toplevel = system;
        networking.hostName = hostNameOf system;
        nixpkgs.hostPlatform.system = system.stdenv.hostPlatform.system or system.system;
        nixpkgs.buildPlatform.system = system.system;
      };
    };

  describe = name:
    let
      node = nodes.${name};
      profiles = node.profiles or { };
      system = profiles.system or { };
      # The options of deployments stand in a profile, a node, or for all; the first one counts.
      levels = [ system node deploy ];
      said = levels: option: builtins.filter (level: level ? ${option}) levels;
      sayFor = levels: option: fallback: if said levels option == [ ] then fallback else (builtins.head (said levels option)).${option};
      say = sayFor levels;

      login = say "sshUser" null;
      owner = say "user" (if login == null then "root" else login);
      other = profile:
        let say = sayFor [ profiles.${profile} node deploy ]; in
        {
          name = profile;
          user = say "user" (say "sshUser" null);
          path = profiles.${profile}.profilePath or null;
          restore = say "autoRollback" true;
        };
      place = system.profilePath or "/nix/var/nix/profiles/system";
      text = builtins.toJSON;
      listed = builtins.filter (profile: profiles ? ${profile}) (node.profilesOrder or [ ]);
      rest = builtins.filter (profile: !(builtins.elem profile listed)) (builtins.attrNames profiles);
    in
    {
      inherit name;
      tags = [ ];
      host = node.hostname;
      user = login;
      port = null;
      sshOptions = builtins.concatMap (level: level.sshOpts or [ ]) levels;
      buildOnTarget = say "remoteBuild" false;
      substitutes = !(say "fastConnection" false);
      unguarded = !(say "magicRollback" true);
      wait = say "confirmTimeout" null;
      limit = say "activationTimeout" null;
      refused =
        if !(profiles ? system) then "has no profiles.system"
        else if owner != "root" then "has its profiles.system for the user ${text owner}"
        else if place != "/nix/var/nix/profiles/system" then "has profiles.system.profilePath = ${text place}"
        else null;
      set = builtins.filter (option: said levels option != [ ]) [ "autoRollback" "sudo" ];
      profiles = map other (builtins.filter (profile: profile != "system") (listed ++ rest));
      keys = [ ];
    };
  # What the profiles of a node are built by, of those that are to be deployed.
  derivations = name: ids:
    let
      of = id:
        let inherit (nodes.${name}.profiles.${id}) path; in
        if builtins.isAttrs path && path ? drvPath then path.drvPath
        else throw "nixhop: profiles.${id}.path of node ${builtins.toJSON name} is no derivation";
    in
    builtins.listToAttrs (map (id: { name = id; value = of id; }) ids);
in
{
  inherit describe derivations;
  names = builtins.attrNames nodes;
  configurations = builtins.mapAttrs (name: _: configurationOf name) nodes;
  set = [ ];
  texts = _: _: { };
}
