# Takes as long to evaluate as a real system does, in the way of one: many modules define many options, each definition
# may look at what comes of others, and all are merged by priority. shape is a part that comes early.
{ modules ? 400, options ? 3500 }:
let
  name = i: "option${toString i}";
  module = m: config: builtins.listToAttrs (builtins.genList
    (i: {
      name = name i;
      value = {
        priority = if builtins.bitAnd (i + m) 7 == 0 then 50 else 100;
        content = if i == 0 then "${toString m}" else builtins.hashString "sha256" "${toString m} ${builtins.substring 0 8 config.${name (i - 1)}}";
      };
    })
    options);
  merge = _: definitions:
    let
      best = builtins.foldl' (a: d: if d.priority < a then d.priority else a) 1000 definitions;
      chosen = builtins.filter (d: d.priority == best) definitions;
    in
    builtins.concatStringsSep "" (builtins.sort (a: b: a < b) (map (d: d.content) chosen));
  config = builtins.zipAttrsWith merge (builtins.genList (m: module m config) modules);
in
{
  shape = builtins.stringLength config.${name (options / 5)};
  values = builtins.foldl' (n: i: n + builtins.stringLength config.${name i}) 0 (builtins.genList (i: i) options);
}
