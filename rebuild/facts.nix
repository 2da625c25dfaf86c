# What a deployment must know of a configuration before it is built. Everything here is cheap next to the system itself, and
# none of it may fail: a configuration can lack any of these.
configuration:
let
  attempt = value: fallback: let tried = builtins.tryEval value; in if tried.success then tried.value else fallback;
  config = configuration.config;
  hostSystem =
    attempt (config.nixpkgs.hostPlatform.system or null)
      (attempt (configuration.pkgs.stdenv.hostPlatform.system or null) null);
in
{
  hostName = attempt (config.networking.hostName or null) null;
  system = hostSystem;
  buildSystem = attempt (config.nixpkgs.buildPlatform.system or hostSystem) hostSystem;
}
