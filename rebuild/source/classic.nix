# The configuration that nix-instantiate finds in a file by an attribute path and arguments.
# source: what the file holds. path: the attributes on the way, a list of texts. arguments: of --arg and --argstr.
{ source, path, arguments }:
let
  # A function is called on the way if it takes a set: with the arguments that it names, or with all where it takes any
  # (autoCallFunction in Nix's eval.cc). What a function takes can be seen in its XML alone.
  shows = text: value: builtins.length (builtins.split text (builtins.toXML value)) > 1;
  callWith = all: value:
    if builtins.isAttrs value && value ? __functor then callWith all (value.__functor value)
    else if !(builtins.isFunction value && shows "<attrspat" value) then value
    else if shows "<attrspat [^>]*ellipsis=\"1\"" value then value all
    else value (builtins.intersectAttrs (builtins.functionArgs value) all);
  call = callWith arguments;

  select = value: name:
    let called = call value; in
    if builtins.isList called then builtins.elemAt called (builtins.fromJSON name)
    else called.${name} or (abort "there is no attribute '${name}' on the way ${builtins.concatStringsSep "." path}");
  found = builtins.foldl' select source path;
  configuration = call found;

  # <nixpkgs/nixos> keeps extendModules to itself, but takes the configuration as an argument (nixos/default.nix and
  # nixos/lib/from-env.nix in nixpkgs).
  extensible = builtins.isAttrs configuration && !(configuration ? extendModules)
    && builtins.isFunction found && builtins.functionArgs found ? configuration;
  named = builtins.getEnv "NIXOS_CONFIG";
  original = arguments.configuration or (if named != "" then named else <nixos-config>);
  extendModules = { modules }: callWith (arguments // { configuration = { imports = [ original ] ++ modules; }; }) found;
in
if extensible then configuration // { inherit extendModules; } else configuration
