# Where a host can be reached, as far as its configuration says. None of it may fail: a configuration can lack any of these.
configuration:
let
  attempt = value: fallback:
    let tried = builtins.tryEval value;
    in if tried.success && tried.value != null then tried.value else fallback;
  networking = attempt (configuration.config.networking or { }) { };
  interfaces = attempt (networking.interfaces or { }) { };
  static = family: builtins.concatMap
    (name: map (one: one.address) (attempt (interfaces.${name}.${family}.addresses or [ ]) [ ]))
    (builtins.filter (name: name != "lo") (builtins.attrNames interfaces));
  hostName = attempt (networking.hostName or null) "";
  domain = attempt (networking.domain or null) "";
in
{
  ipv4 = static "ipv4";
  ipv6 = static "ipv6";
  name = if hostName != "" && domain != "" then "${hostName}.${domain}" else "";
}
