# Stands in for the part of nixpkgs' lib by which modules are merged: what inventories and their nodes use of it.
let
  override = priority: content: { _type = "override"; inherit priority content; };
  order = place: content: { _type = "order"; inherit place content; };
  typed = type: value: builtins.isAttrs value && value._type or "" == type;

  mapAttrs' = f: set: builtins.listToAttrs (map (name: { inherit name; value = f name set.${name}; }) (builtins.attrNames set));
  concatMap = f: list: builtins.concatLists (map f list);

  # The definitions that stand in mkIf and mkMerge, each with its priority and its place among those of a list.
  flatten = value:
    if typed "if" value then (if value.condition then flatten value.content else [ ])
    else if typed "merge" value then concatMap flatten value.contents
    else if typed "override" value then map (d: d // { inherit (value) priority; }) (flatten value.content)
    else if typed "order" value then map (d: d // { inherit (value) place; }) (flatten value.content)
    else [{ inherit value; priority = 100; place = 1000; }];

  best = definitions: builtins.foldl' (lowest: d: if d.priority < lowest then d.priority else lowest) 9999 definitions;

  one = check: {
    inherit check;
    merge = at: values:
      if builtins.all (value: value == builtins.head values) values then builtins.head values
      else throw "The option `${at}' has conflicting definition values";
  };
  types = rec {
    str = one builtins.isString;
    int = one builtins.isInt;
    bool = one builtins.isBool;
    path = one (value: builtins.isPath value || builtins.isString value && builtins.substring 0 1 value == "/");
    package = one (value: value ? outPath);
    enum = choices: one (value: builtins.elem value choices);
    unspecified = { check = _: true; merge = _: builtins.head; };
    attrs = { check = builtins.isAttrs; merge = _: builtins.foldl' (a: b: a // b) { }; };
    nullOr = type: {
      check = value: value == null || type.check value;
      merge = at: values: if builtins.head values == null then null else type.merge at values;
    };
    listOf = type: {
      check = value: builtins.isList value && builtins.all type.check value;
      merge = at: values: map (value: type.merge at [ value ]) (builtins.concatLists values);
    };
    attrsOf = type: {
      check = builtins.isAttrs;
      merge = at: values: mapAttrs' (name: _: type.merge "${at}.${name}" (concatMap (v: if v ? ${name} then [ v.${name} ] else [ ]) values))
        (builtins.foldl' (a: b: a // b) { } values);
    };
    submodule = module: {
      check = _: true;
      merge = at: values: (evalModules { modules = [ module ] ++ values; specialArgs.name = builtins.baseNameOf (builtins.replaceStrings [ "." ] [ "/" ] at); }).config;
    };
  };

  # A module and what it imports, as sets of options and config.
  collect = arguments: module:
    let
      loaded = if builtins.isPath module || builtins.isString module then import module else module;
      set = if builtins.isFunction loaded then loaded arguments else loaded;
      explicit = set ? config || set ? options;
      plain = removeAttrs set [ "imports" "options" "config" "_file" "key" "disabledModules" ];
    in
    concatMap (collect arguments) (set.imports or [ ])
    ++ [{ options = set.options or { }; config = if explicit then set.config or { } else plain; }];

  merged = sets: builtins.foldl'
    (a: b: a // b // mapAttrs' (name: value: if a ? ${name} && !(typed "option" value) then merged [ a.${name} value ] else value) b)
    { }
    sets;

  # The values of options at a path, from their definitions.
  values = check: at: declared: definitions:
    let
      parts = concatMap flatten definitions;
      sets = map (d: d.value) parts;
      given = builtins.attrNames (builtins.foldl' (a: b: a // b) { } sets);
      unknown = builtins.filter (name: !(declared ? ${name})) given;
      inside = name: if at == "" then name else "${at}.${name}";
      below = name: concatMap (d: if d.value ? ${name} then map (v: v // { priority = if v.priority == 100 then d.priority else v.priority; }) (flatten d.value.${name}) else [ ]) parts;
      again = name: map (d: override d.priority (order d.place d.value)) (below name);
    in
    if check && unknown != [ ] then throw "The option `${inside (builtins.head unknown)}' does not exist."
    else mapAttrs' (name: option: if typed "option" option then value (inside name) option (below name) else values check (inside name) option (again name)) declared;

  value = at: option: definitions:
    let
      all = definitions ++ (if option ? default then [{ value = option.default; priority = 1500; place = 1000; }] else [ ]);
      lowest = best all;
      chosen = builtins.sort (a: b: a.place < b.place) (builtins.filter (d: d.priority == lowest) all);
      bad = builtins.filter (d: !(option.type.check d.value)) chosen;
      result =
        if all == [ ] then throw "The option `${at}' is used but not defined."
        else if bad != [ ] then throw "A definition for option `${at}' is not of its type."
        else (option.apply or (v: v)) (option.type.merge at (map (d: d.value) chosen));
    in
    { _type = "value"; inherit result; highestPrio = lowest; isDefined = all != [ ]; files = [ ]; };

  results = tree: mapAttrs' (_: v: if typed "value" v then v.result else results v) tree;
  seen = tree: mapAttrs' (_: v: if typed "value" v then removeAttrs v [ "_type" "result" ] else seen v) tree;

  # A condition stands with each definition: what it asks of the configuration may be defined beside it.
  inside = config:
    if typed "if" config then mapAttrs' (_: content: config // { inherit content; }) config.content else config;

  evalModules = { modules, specialArgs ? { } }@asked:
    let
      arguments = specialArgs // { inherit lib config; options = seen tree; };
      found = concatMap (collect arguments) modules;
      # Only what stands there as it is: nothing else can decide how modules are read.
      internal = builtins.foldl' (a: m: a // m.config._module or { }) { } found;
      tree = values (internal.check or true) "" (merged (map (m: m.options) found)) (map (m: if typed "merge" m.config then m.config else removeAttrs (inside m.config) [ "_module" ]) found);
      config = results tree;
    in
    {
      inherit config;
      options = seen tree;
      extendModules = { modules ? [ ], specialArgs ? { } }: evalModules {
        modules = asked.modules ++ modules;
        specialArgs = asked.specialArgs or { } // specialArgs;
      };
    };

  lib = {
    inherit types evalModules;
    version = "26.05pre-lab";
    versionAtLeast = a: b: builtins.compareVersions a b != -1;
    mkOption = option: option // { _type = "option"; type = option.type or types.unspecified; };
    mkOverride = override;
    mkForce = override 50;
    mkDefault = override 1000;
    mkOptionDefault = override 1500;
    mkBefore = order 500;
    mkAfter = order 1500;
    mkIf = condition: content: { _type = "if"; inherit condition content; };
    mkMerge = contents: { _type = "merge"; inherit contents; };
    optional = condition: value: if condition then [ value ] else [ ];
  };
in
lib
